package source

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"parry"
)

// Stream reads what Read reads, item by item: nothing of the file is held but the element at hand, so a file of any length
// can be read, and through gzip as well. An item is the caller's to keep.
//
// What is wrong with an element is that Item's Err, however many there are. An error of each ends the reading and is given
// back as it is. Otherwise the error says why the reading ended early.
func Stream(name string, r io.Reader, each func(Item) error) error {
	return stream(name, r, 0, each)
}

// stream is Stream up to a number of bytes, counted after unpacking; 0 for no limit.
func stream(name string, r io.Reader, limit int64, each func(Item) error) error {
	in, packed, err := unpack(name, bufio.NewReaderSize(r, bufferSize))
	if err != nil {
		return err
	}
	rd := &reader{name: name, cut: newCutter(in), each: each}
	rd.cut.limit = limit
	rd.stream()
	return rd.ended(packed)
}

// unpack finds out what a file is. It passes a UTF-8 byte order mark, opens gzip, and refuses what is certainly no JSON text
// with the reason.
func unpack(name string, in *bufio.Reader) (io.Reader, bool, error) {
	if head, _ := in.Peek(2); !bytes.Equal(head, []byte("\x1f\x8b")) {
		return in, false, skipMark(name, in)
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, true, brokenGzip(name, err)
	}
	text := bufio.NewReaderSize(z, bufferSize)
	return text, true, skipMark(name, text)
}

// skipMark passes a UTF-8 byte order mark.
func skipMark(name string, in *bufio.Reader) error {
	head, _ := in.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return parry.Errorf(parry.Invalid, "%s is UTF-16 text", name).WithHint("save it as UTF-8")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return parry.Errorf(parry.Invalid, "%s is compressed with gzip twice", name).WithHint("unpack it once: gunzip")
	}
	return nil
}

// ended is the error that ended the reading before the end of the file.
func (r *reader) ended(packed bool) error {
	switch err := r.cut.err; {
	case r.stop != nil:
		return r.stop
	case errors.Is(err, errTooLong):
		return parry.Errorf(parry.Invalid, "%s is longer than 256 MiB; the rest is not read", r.name).
			WithHint("split it into smaller files")
	case packed && isBrokenGzip(err):
		return brokenGzip(r.name, err)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read %s: %w", r.name, err)
	}
	return nil
}

// isBrokenGzip tells what is wrong with the file from what is wrong with its reading.
func isBrokenGzip(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF)
}

func brokenGzip(name string, err error) error {
	if !isBrokenGzip(err) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return parry.Errorf(parry.Invalid, "%s is broken gzip; the rest is not read: %w", name, err).WithHint("fetch it again: it was cut off or changed")
}
