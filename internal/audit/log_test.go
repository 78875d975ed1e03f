package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"parry"
)

// Several workers store, log and sign at once, and a verification runs meanwhile: nothing is lost, nothing is there twice, and nothing
// is taken for a fault.
func TestManyWorkersAtOnce(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				r, steps := story(fmt.Sprintf("pr-%d-%d", w, i), noon, 6)
				for k := range steps { // record by record, as a worker does it
					at := r
					at.Steps, at.Chain, at.Stored, at.State = k+1, steps[k].Hash, steps[k].State, steps[k].State
					if err := store.Save(context.WithoutCancel(t.Context()), at, steps[k]); err != nil {
						errs <- err
						return
					}
				}
				if _, _, err := Close(context.WithoutCancel(t.Context()), store, key, noon.Add(time.Minute)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			rep, err := Verify(context.WithoutCancel(t.Context()), store, note.VerifierList(key.Verifier))
			if err != nil || !rep.OK() {
				errs <- errors.Join(err, errors.New(lines(rep)))
				return
			}
		}
	})
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	rep := verify(t, store, key)
	if !rep.OK() || rep.Records != 240 || rep.Logged != 240 || rep.Unlogged != 0 || rep.Covered != 240 {
		t.Errorf("%+v", rep)
	}
}

// rigged is a store whose log behaves as it is told.
type rigged struct {
	parry.Store
	log func(at int64) error
}

func (s rigged) Log(ctx context.Context, at int64, leaves []parry.Leaf) error {
	if err := s.log(at); err != nil {
		return err
	}
	return s.Store.Log(ctx, at, leaves)
}

func TestAppendGivesUpWhereTheLogDoesNotGrow(t *testing.T) {
	store, _ := open(t)
	fill(t, store, newKey(t, "main"), 0, 2, 5)
	r, steps := story("pr-more", noon, 5)
	if err := store.Save(t.Context(), r, steps...); err != nil {
		t.Fatal(err)
	}
	stuck := rigged{store, func(at int64) error { return parry.Errorf(parry.Conflict, "the log has not %d records", at) }}
	_, err := Append(t.Context(), stuck, 2)
	if parry.KindOf(err) != parry.Conflict || !strings.Contains(parry.HintOf(err), "parry audit verify") {
		t.Error(err)
	}
	broken := rigged{store, func(int64) error { return parry.Errorf(parry.Fault, "the disk is full") }}
	if _, err := Append(t.Context(), broken, 2); parry.KindOf(err) != parry.Fault {
		t.Error(err)
	}
}

// looked counts how often the log is read.
type looked struct {
	parry.Store
	reads *int
}

func (s looked) Leaves(ctx context.Context, from int64, n int) ([]parry.Leaf, error) {
	*s.reads++
	return s.Store.Leaves(ctx, from, n)
}

// The end of the log is searched for once, however much is added; and anew where another writer was faster, so that nothing is there twice.
func TestAppendSearchesForTheEndOnce(t *testing.T) {
	store, _ := open(t)
	save := func(id string) {
		r, steps := story(id, noon, 5)
		if err := store.Save(t.Context(), r, steps...); err != nil {
			t.Fatal(err)
		}
	}
	save("pr-1")
	reads := 0
	if n, err := Append(t.Context(), looked{store, &reads}, 1); err != nil || n != 5 || reads != 1 {
		t.Errorf("%d records took %d looks for the end: %v", n, reads, err)
	}
	save("pr-2")
	save("pr-3")
	tries := 0
	faster := rigged{store, func(int64) error {
		if tries++; tries != 3 {
			return nil
		}
		_, err := Append(t.Context(), store, 4)
		return err
	}}
	if n, err := Append(t.Context(), faster, 2); err != nil || n != 4 {
		t.Errorf("beside another writer %d were added: %v", n, err)
	}
	if n, err := Length(t.Context(), store); err != nil || n != 15 {
		t.Errorf("the log has %d of 15 records: %v", n, err)
	}
}

func TestAppendTakesTheRecordsOfAResponseInOrder(t *testing.T) {
	leaves := []parry.Leaf{{Response: "a", Seq: 2}, {Response: "b", Seq: 1}, {Response: "a", Seq: 1}, {Response: "b", Seq: 2}, {Response: "a", Seq: 3}}
	inOrder(leaves)
	want := []parry.Leaf{{Response: "a", Seq: 1}, {Response: "b", Seq: 1}, {Response: "a", Seq: 2}, {Response: "b", Seq: 2}, {Response: "a", Seq: 3}}
	for i := range want {
		if leaves[i] != want[i] {
			t.Fatalf("%v", leaves)
		}
	}
}

func TestLength(t *testing.T) {
	store, _ := open(t)
	for i := range 12 {
		if n, err := Length(t.Context(), store); err != nil || n != int64(5*i) {
			t.Fatalf("%d, want %d, %v", n, 5*i, err)
		}
		r, steps := story(fmt.Sprintf("pr-%04d", i), noon, 5)
		if err := store.Save(t.Context(), r, steps...); err != nil {
			t.Fatal(err)
		}
		if n, err := Append(t.Context(), store, 2); err != nil || n != 5 {
			t.Fatalf("%d, %v", n, err)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	private, public, err := NewKey(zeros{}, "main")
	if err != nil || !strings.HasPrefix(public, "parry/main+") {
		t.Fatal(public, err)
	}
	if err := WriteKey(path, private); err != nil {
		t.Fatal(err)
	}
	if err := WriteKey(path, private); parry.KindOf(err) != parry.Invalid {
		t.Errorf("over another key: %v", err)
	}
	k, err := ReadKey(path)
	if err != nil || k.VKey != public || k.Signer.Name() != "parry/main" || k.Verifier.KeyHash() != k.Signer.KeyHash() {
		t.Fatalf("%+v %v", k, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey(path); parry.KindOf(err) != parry.Refused {
		t.Errorf("readable by others: %v", err)
	}
	for _, text := range []string{"", "x", private + "x", "PRIVATE+KEY+parry/main+00000000+AAAA"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKey(path); parry.KindOf(err) != parry.Invalid || text != "" && strings.Contains(err.Error(), text+" ") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "é\n"} {
		if _, _, err := NewKey(zeros{}, name); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, vkey := range []string{"", "x", public + "x", strings.Replace(public, "main", "mine", 1)} {
		if _, err := Verifiers(vkey); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%q: %v", vkey, err)
		}
	}
	if _, err := Verifiers(); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
}

// zeros is a source of randomness that a test can repeat.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzCheckpoint reads what somebody else may have written.
func FuzzCheckpoint(f *testing.F) {
	f.Add("parry/main\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 2026-03-14T12:00:00Z\n")
	f.Add("parry/main\n03\nAAAA\n")
	f.Add("\n\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHead(text)
		if err != nil {
			return
		}
		again, err := parseHead(h.text())
		if err != nil || again.Size != h.Size || again.Root != h.Root || again.Origin != h.Origin {
			t.Errorf("%+v, %+v, %v", h, again, err)
		}
	})
}
