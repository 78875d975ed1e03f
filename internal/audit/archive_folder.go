package audit

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"parry"
)

// folder is an archive that was copied onto a disk, such as by 'aws s3 sync'. It is read through an os.Root: no link in it leads out.
type folder struct{ root *os.Root }

// OpenFolder opens an archive in a folder.
func OpenFolder(dir string) (Archive, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, parry.Errorf(parry.NotFound, "the archive cannot be read: %w", err).WithHint("name the folder that has records/ and checkpoints/ in it, or s3://BUCKET/PREFIX")
	}
	return folder{root}, nil
}

// Names implements Archive. ReadDir is in the order of names.
func (f folder) Names(ctx context.Context, in, after string, each func(name string) error) error {
	entries, err := fs.ReadDir(f.root.FS(), strings.TrimSuffix(in, "/"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return parry.Errorf(parry.Fault, "the archive cannot be listed: %w", err)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Join(in, e.Name())
		if e.IsDir() || name <= after {
			continue
		}
		if err := each(name); err != nil {
			return err
		}
	}
	return nil
}

// Read implements Archive.
func (f folder) Read(_ context.Context, name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, parry.Errorf(parry.NotFound, "%s is not in the archive", name)
	}
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	defer file.Close()
	return readBounded(name, file)
}

// readBounded reads one object of an archive.
func readBounded(name string, r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, archivedBytes+1))
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%s cannot be read: %w", name, err)
	}
	if len(body) > archivedBytes {
		return nil, parry.Errorf(parry.Invalid, "%s has more than %d bytes, and no part is so long", name, archivedBytes)
	}
	return body, nil
}
