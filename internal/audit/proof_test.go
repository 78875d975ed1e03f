package audit

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"parry"
)

// A proof stands by itself, and every byte of it that means something is held.
func TestProof(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 7, 5)
	page, _, err := store.List(t.Context(), parry.Query{Limit: 3})
	if err != nil || len(page) == 0 {
		t.Fatal(page, err)
	}
	id := page[len(page)-1].ID
	made, err := Prove(t.Context(), store, id)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	again := func() Proof {
		p, err := ReadProof(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	keys := note.VerifierList(key.Verifier)
	if head, err := again().Check(keys); err != nil || head.Size == 0 || len(made.Records) < 2 {
		t.Fatalf("%v %v %+v", head, err, made)
	}
	for name, c := range map[string]struct {
		spoil func(p *Proof)
		want  string
	}{
		"another text":       {func(p *Proof) { p.Records[1].Record.Text += "!" }, "not what its hash is of"},
		"a text and its sum": {func(p *Proof) { p.Records[1].Record.Text += "!"; p.Records[1].Record.Hash = p.Records[1].Record.Sum() }, "not in the log"},
		"another state":      {func(p *Proof) { p.Records[0].Record.State = parry.Undone }, "not what its hash is of"},
		"one left out":       {func(p *Proof) { p.Records = p.Records[1:] }, "missing"},
		"another place":      {func(p *Proof) { p.Records[0].Place++ }, "not in the log"},
		"another path":       {func(p *Proof) { p.Records[0].Path[0][3] ^= 1 }, "not in the log"},
		"another response":   {func(p *Proof) { p.Response = "pr-other" }, "of response"},
		"another chain":      {func(p *Proof) { p.Records[1].Record.Prev = "" }, "not what its hash is of"},
		"no checkpoint":      {func(p *Proof) { p.Checkpoint = "" }, "no checkpoint"},
		"another checkpoint": {func(p *Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "main\n", "mine\n", 1) }, "not signed"},
		"no records":         {func(p *Proof) { p.Records = nil }, "none of the response's records"},
	} {
		t.Run(name, func(t *testing.T) {
			p := again()
			c.spoil(&p)
			if _, err := p.Check(keys); err == nil || !strings.Contains(err.Error(), c.want) || parry.KindOf(err) != parry.Invalid {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	other := newKey(t, "main")
	if _, err := again().Check(note.VerifierList(other.Verifier)); err == nil {
		t.Error("it holds to a key that did not sign it")
	}
	if _, err := ReadProof([]byte("{")); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
}

// What the newest checkpoint does not reach is said, and is no fault.
func TestProofOfWhatIsLater(t *testing.T) {
	store, _ := open(t)
	page := func() parry.Response {
		all, _, err := store.List(t.Context(), parry.Query{Limit: 1})
		if err != nil || len(all) == 0 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	key := newKey(t, "main")
	fill(t, store, key, 0, 3, 3)
	r, steps := story("pr-99999", noon.Add(time.Hour), 5)
	if err := store.Save(t.Context(), r, steps...); err != nil {
		t.Fatal(err)
	}
	if _, err := Append(t.Context(), store, 0); err != nil {
		t.Fatal(err)
	}
	p, err := Prove(t.Context(), store, page().ID)
	if err != nil || len(p.Later) == 0 || len(p.Records) != 0 {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := p.Check(note.VerifierList(key.Verifier)); err == nil || !strings.Contains(err.Error(), "none") {
		t.Error(err)
	}
}
