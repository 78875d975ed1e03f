package source

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// streamed are the items of a stream.
func streamed(t *testing.T, r io.Reader) ([]Item, error) {
	t.Helper()
	var items []Item
	err := Stream("f", r, func(i Item) error {
		items = append(items, i)
		return nil
	})
	return items, err
}

func TestStreamThroughGzip(t *testing.T) {
	second := strings.Replace(anEvent, "e-1", "e-2", 1)
	one, two := zipped(t, []byte("\xef\xbb\xbf"+anEvent+"\n")), zipped(t, []byte(second))
	want := []string{"e-1 at f, line 1", "e-2 at f, line 2, element 2"}
	for name, read := range map[string]func(io.Reader) ([]Item, error){
		"Stream": func(r io.Reader) ([]Item, error) { return streamed(t, r) },
		"Read":   func(r io.Reader) ([]Item, error) { return Read("f", r) },
	} {
		items, err := read(iotest.OneByteReader(bytes.NewReader(append(one[:len(one):len(one)], two...))))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, outcomes(items)); diff != "" {
			t.Errorf("%s of two members: %s", name, diff)
		}
	}
	for _, c := range []struct {
		name  string
		in    []byte
		want  string
		items int
	}{
		{"cut off", one[:len(one)-10], "f is broken gzip", 1},
		{"changed", append(append([]byte{}, one[:len(one)-8]...), make([]byte, 8)...), "f is broken gzip", 1},
		{"followed by something else", append(one[:len(one):len(one)], "rest"...), "f is broken gzip", 1},
		{"packed twice", zipped(t, one), "f is compressed with gzip twice", 0},
		{"UTF-16 inside", zipped(t, []byte("\xff\xfe{\x00")), "f is UTF-16 text", 0},
	} {
		items, err := streamed(t, bytes.NewReader(c.in))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || parry.KindOf(err) != parry.Invalid || len(items) != c.items {
			t.Errorf("%s: %d items, %v", c.name, len(items), err)
		}
	}
	cable := errors.New("cable cut")
	if _, err := streamed(t, io.MultiReader(bytes.NewReader(one[:20]), iotest.ErrReader(cable))); !errors.Is(err, cable) {
		t.Errorf("a reading that fails is told as broken gzip: %v", err)
	}
}

// A small file that unpacks to a very long one is read on, and nothing of it is held.
func TestStreamHoldsNothing(t *testing.T) {
	var small bytes.Buffer
	w := gzip.NewWriter(&small)
	if _, err := io.Copy(w, io.MultiReader(strings.NewReader(anEvent), &spaces{maxFile}, strings.NewReader(anEvent))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if items, err := Read("f", bytes.NewReader(small.Bytes())); err == nil || !strings.HasPrefix(err.Error(), "f is longer than 256 MiB") || len(items) != 1 {
		t.Errorf("Read: %d items, %v", len(items), err)
	}
	if items, err := streamed(t, bytes.NewReader(small.Bytes())); err != nil || len(items) != 2 {
		t.Errorf("Stream: %d items, %v", len(items), err)
	}
}

func TestStreamTellsEveryFault(t *testing.T) {
	items, err := streamed(t, strings.NewReader(strings.Repeat("1 ", 5000)+anEvent))
	if err != nil || len(items) != 5001 || items[5000].Err != nil {
		t.Errorf("%d items, %v", len(items), err)
	}
	if items, err := streamed(t, strings.NewReader(`{"Records":[]}`)); err != nil || len(items) != 0 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestStreamEndsWhenToldTo(t *testing.T) {
	enough := errors.New("enough")
	for _, in := range []string{strings.Repeat(anEvent+"\n", 9), "[" + strings.Repeat(anEvent+",", 9) + "1]", `{"Records":[` + strings.Repeat(anEvent+",", 9) + `,,]}`} {
		n := 0
		err := Stream("f", strings.NewReader(in), func(Item) error {
			if n++; n == 3 {
				return enough
			}
			return nil
		})
		if err != enough || n != 3 {
			t.Errorf("%d items, %v", n, err)
		}
	}
}

// FuzzSkim: what is skimmed is the event that is made the long way.
func FuzzSkim(f *testing.F) {
	for _, in := range []string{
		anEvent, aRecord("iam:CreateUser"), aRecord("iam:CreateUser", `{"eventName":"x"}`), aRecord("s3:PutObject", `{"eventType":"AwsServiceEvent"}`),
		aRecord("signin:ConsoleLogin", `{"eventType":"AwsConsoleSignIn"}`), aBusyRecord(7), enveloped("aws.ec2", trailCall, aBusyRecord(8)),
		duty(anInstance, live), imported(asff(aGroup)), strings.Replace(anEvent, `"id":"f-1"`, `"Id":"f-1"`, 1), strings.Replace(anEvent, `"eu-west-1"`, `null`, 1),
		strings.Replace(anEvent, `[]`, `["a",null]`, 1), strings.Replace(anEvent, "aws.guardduty", `aws.guardd\u0075ty`, 1),
		strings.Replace(anEvent, `"version"`, `"Type":"Notification","Message":"{}","version"`, 1), aRecord("iam:CreateUser", `{"InsightDetails":{}}`),
		strings.Replace(aBusyRecord(1), `"eventID"`, `"eventID":"y","eventID"`, 1), strings.Replace(aBusyRecord(1), "2026-03-01T", "2026-3-01T", 1),
		strings.Replace(aBusyRecord(1), `"readOnly"`, `"source":1,"detail":{},"readOnly"`, 1),
	} {
		f.Add([]byte(in))
	}
	var s skimmer
	f.Fuzz(func(t *testing.T, data []byte) {
		kept := bytes.Clone(data)
		got, ok := s.event(data)
		if !ok {
			return
		}
		want, err := toEvent(bytes.Clone(data))
		if err != nil {
			t.Fatalf("skimmed %+v, and the long way says %v", got, err)
		}
		clear(data) // the bytes are the reader's, which reads on
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", kept, diff)
		}
	})
}

// What there is most of in a long file must not be left to the long way.
func TestSkimmerKnowsWhatThereIsMostOf(t *testing.T) {
	var s skimmer
	for _, in := range []string{anEvent, aBusyRecord(1), aRecord("iam:CreateUser"), enveloped("aws.ec2", trailCall, aBusyRecord(2)), imported(asff(aGroup)), duty(anInstance, live)} {
		if _, ok := s.event([]byte(in)); !ok {
			t.Errorf("not skimmed: %s", in)
		}
	}
}
