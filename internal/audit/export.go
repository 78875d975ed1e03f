package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"time"

	"parry"
)

// Format is a form in which records are given to others.
type Format string

// The formats.
const (
	JSONL Format = "jsonl" // the records as they are, so that their hashes can be computed again
	OCSF  Format = "ocsf"  // Remediation Activity for each end of a response, API Activity for each call, Application Lifecycle for each stop and start
)

// Line is one line of an export.
type Line struct {
	At   time.Time // of the record
	Name string    // of the record, for messages
	Text []byte    // without the line's end
}

// Sink takes an export, part by part. A part is what came of the leaves from one place of the log to before another.
type Sink interface {
	Put(ctx context.Context, from, to int64, lines []Line) error
}

// A part of an export ends with the record that makes it so long.
const (
	partLeaves = 5000
	partBytes  = 4 << 20
)

// Export gives the records to a sink in the order of the log, from a place of it on, and says where to go on the next time. A record
// that is not what the log holds is not exported: next is then the place of the part that it belongs to.
func Export(ctx context.Context, store parry.Store, from int64, format Format, sink Sink) (next int64, err error) {
	if from < 0 {
		return from, parry.Errorf(parry.Invalid, "%d is not a place in the log", from)
	}
	return exportRange(ctx, store, from, math.MaxInt64, limit{partLeaves, partBytes}, format, sink)
}

// limit is how long a part gets.
type limit struct {
	leaves int64
	bytes  int
}

// exportRange is Export of the leaves before a place of the log.
func exportRange(ctx context.Context, store parry.Store, from, to int64, most limit, format Format, sink Sink) (next int64, err error) {
	p := &part{store: store, format: format, from: from, to: from}
	err = eachLeaf(ctx, store, from, func(n int64, l parry.Leaf) error {
		if n >= to {
			return errEnough
		}
		if err := p.add(ctx, l); err != nil {
			return err
		}
		if p.to-p.from < most.leaves && p.bytes < most.bytes {
			return nil
		}
		return p.flush(ctx, sink)
	})
	if err == nil {
		err = p.flush(ctx, sink)
	}
	return p.from, err
}

// part gathers lines. The histories that it reads for them are forgotten with the part.
type part struct {
	store     parry.Store
	format    Format
	from, to  int64
	lines     []Line
	bytes     int
	histories map[string][]parry.Record
	responses map[string]parry.Response
}

func (p *part) flush(ctx context.Context, sink Sink) error {
	if p.to > p.from {
		if err := sink.Put(ctx, p.from, p.to, p.lines); err != nil {
			return err
		}
	}
	p.from, p.lines, p.bytes, p.histories, p.responses = p.to, nil, 0, nil, nil
	return nil
}

// add puts what comes of one leaf at the end.
func (p *part) add(ctx context.Context, l parry.Leaf) error {
	rec, err := p.record(ctx, l)
	if err != nil {
		return err
	}
	var objects []any
	switch p.format {
	case JSONL:
		objects = []any{rec}
	case OCSF:
		resp, err := p.response(ctx, l.Response)
		if err != nil {
			return err
		}
		for _, o := range ocsf(resp, rec) {
			objects = append(objects, o)
		}
	default:
		return parry.Errorf(parry.Invalid, "there is no format %q", p.format).WithHint("take jsonl or ocsf")
	}
	for _, o := range objects {
		text, err := line(o)
		if err != nil {
			return err
		}
		p.lines = append(p.lines, Line{At: rec.At, Name: nameOf(rec), Text: text})
		p.bytes += len(text)
	}
	p.to++
	return nil
}

// line is a value as a line of an export: its JSON, with nothing escaped for HTML.
func line(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// joined is lines as the text of an object.
func joined(lines []Line) []byte {
	var b bytes.Buffer
	for _, l := range lines {
		b.Write(l.Text)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// record is the record of a leaf, if it is still the one that was logged.
func (p *part) record(ctx context.Context, l parry.Leaf) (parry.Record, error) {
	history, ok := p.histories[l.Response]
	if !ok || len(history) < l.Seq {
		var err error
		if history, err = p.store.Records(ctx, l.Response); err != nil {
			return parry.Record{}, err
		}
		if p.histories == nil {
			p.histories = map[string][]parry.Record{}
		}
		p.histories[l.Response] = history
	}
	if l.Seq < 1 || l.Seq > len(history) || history[l.Seq-1].Seq != l.Seq || history[l.Seq-1].Hash != l.Hash || history[l.Seq-1].Sum() != l.Hash {
		return parry.Record{}, parry.Errorf(parry.Conflict, "record %d of response %s is not what the log holds: it is not exported", l.Seq, l.Response).
			WithHint("'parry audit verify' tells what was changed")
	}
	return history[l.Seq-1], nil
}

func (p *part) response(ctx context.Context, id string) (parry.Response, error) {
	if r, ok := p.responses[id]; ok {
		return r, nil
	}
	r, err := p.store.Response(ctx, id)
	if err != nil {
		return r, err
	}
	if p.responses == nil {
		p.responses = map[string]parry.Response{}
	}
	p.responses[id] = r
	return r, nil
}

// WriterSink writes lines to a file or to standard output.
func WriterSink(w io.Writer) Sink { return writerSink{w} }

type writerSink struct{ w io.Writer }

func (s writerSink) Put(_ context.Context, _, _ int64, lines []Line) error {
	_, err := s.w.Write(joined(lines))
	return err
}
