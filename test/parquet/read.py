"""Reads Parquet with Apache Arrow: one file on standard input, one JSON object on standard output.

It tells the rows, each column's type and compression, and the groups of rows. With pyarrow's full validation of what
was read: offsets, lengths and UTF-8.
"""

import io
import json
import sys

import pyarrow.parquet as pq


def main():
    file = pq.ParquetFile(io.BytesIO(sys.stdin.buffer.read()))
    meta = file.metadata
    table = file.read()
    table.validate(full=True)
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    columns = [g.column(i) for g in groups for i in range(g.num_columns)]
    json.dump(
        {
            "rows": table.to_pylist(),
            "types": {field.name: str(field.type) for field in table.schema},
            "compressions": sorted({c.compression for c in columns}),
            "groups": [g.total_byte_size for g in groups],
            "version": meta.format_version,
        },
        sys.stdout,
    )


main()
