package backtest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/playbook"
)

// world answers reads from a table.
type world map[string]any

func (w world) observe(context.Context, string, parry.Target, []string) (parry.Observer, error) {
	return w, nil
}

func (w world) Read(_ context.Context, c parry.Call) (parry.Reply, error) {
	switch v := w[c.Op].(type) {
	case error:
		return parry.Reply{}, v
	case map[string]any:
		return parry.Reply{Output: v, RequestID: "r"}, nil
	}
	return parry.Reply{}, errors.New("the network is down")
}

func read(t *testing.T, observe playbook.Observe, c parry.Call) (map[string]any, error) {
	t.Helper()
	o, err := observe(t.Context(), "p", parry.Target{Account: c.Account}, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := o.Read(t.Context(), c)
	return reply.Output, err
}

func ask(op string, input map[string]any) parry.Call {
	return parry.Call{Account: "111122223333", Region: "us-east-1", Op: op, Input: input}
}

func TestWhatIsRecordedIsReplayed(t *testing.T) {
	w := world{
		"iam:ListAccessKeys": map[string]any{"AccessKeyMetadata": []any{map[string]any{"AccessKeyId": "AKIA<&>", "n": 1.5}}},
		"iam:Empty":          map[string]any{},
		"iam:GetUser":        &said{"NoSuchEntity", "no such user"},
		"iam:Busy":           &said{"ThrottlingException", "slow down"},
	}
	var file bytes.Buffer
	record := Record(&file, w.observe)
	questions := []parry.Call{
		ask("iam:ListAccessKeys", map[string]any{"UserName": "mallory", "Big": int64(1) << 62}), ask("iam:Empty", nil), ask("iam:GetUser", map[string]any{}),
		ask("iam:Busy", nil), ask("iam:Network", nil),
	}
	for _, q := range questions {
		_, _ = read(t, record, q)
	}
	w["iam:Empty"] = map[string]any{"later": true}
	_, _ = read(t, record, ask("iam:Empty", nil)) // what was read first counts
	replay, err := Recorded("answers.jsonl", bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, replay, questions[0])
	if diff := cmp.Diff(w["iam:ListAccessKeys"], any(got)); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if got, err := read(t, replay, ask("iam:Empty", map[string]any{})); err != nil || got == nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	_, err = read(t, replay, questions[2])
	var code interface{ ErrorCode() string }
	if !errors.As(err, &code) || code.ErrorCode() != "NoSuchEntity" {
		t.Errorf("got %v", err)
	}
	for _, q := range []parry.Call{questions[3], questions[4], ask("iam:ListAccessKeys", map[string]any{"UserName": "alice"}), {Account: "999988887777", Region: "us-east-1", Op: "iam:Empty"}} {
		if _, err := read(t, replay, q); !errors.Is(err, errNotRecorded) || parry.KindOf(err) != parry.NotFound {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func TestWhatIsWrongWithAnswersIsToldWithItsLine(t *testing.T) {
	const sound = `{"account":"111122223333","region":"us-east-1","op":"iam:GetUser","input":{},"output":{}}`
	for name, c := range map[string]struct{ file, want string }{
		"no JSON":        {sound + "\n{", "a.jsonl, line 2: unexpected EOF"},
		"another field":  {"\n" + strings.Replace(sound, "input", "inputs", 1), `a.jsonl, line 2: json: unknown field "inputs"`},
		"no account":     {strings.Replace(sound, "111122223333", "", 1), "a.jsonl, line 1: an answer needs account and op"},
		"no answer":      {strings.Replace(sound, `,"output":{}`, "", 1), "a.jsonl, line 1: an answer has output or error, one of them"},
		"two answers":    {strings.Replace(sound, `{}}`, `{},"error":{"code":"c","message":"m"}}`, 1), "a.jsonl, line 1: an answer has output or error, one of them"},
		"a longest line": {strings.Repeat("x", longestAnswer+1), "a.jsonl, line 1: the answer is longer than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Recorded("a.jsonl", strings.NewReader(c.file))
			if err == nil || err.Error() != c.want || parry.KindOf(err) != parry.Invalid {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	for _, file := range []string{"", "\n\n", sound, sound + "\r\n" + sound + "\n"} {
		if _, err := Recorded("a.jsonl", strings.NewReader(file)); err != nil {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// FuzzRecorded: whatever the file, its answers are replayed, or the error says that it cannot be read.
func FuzzRecorded(f *testing.F) {
	f.Add([]byte(`{"account":"1","region":"r","op":"o","input":{"a":[1e9]},"output":{"b":1}}` + "\n" + `{"account":"1","op":"o","error":{"code":"c"}}`))
	f.Add([]byte("{}\n\n[]"))
	f.Add([]byte(`{"account":"1","op":"o","input":null,"output":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		replay, err := Recorded("a", bytes.NewReader(data))
		if err != nil {
			if parry.KindOf(err) != parry.Invalid {
				t.Errorf("kind of %v", err)
			}
			return
		}
		for _, line := range bytes.Split(data, []byte("\n")) {
			one, err := readAnswer(line)
			if err != nil || len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			_, err = read(t, replay, parry.Call{Account: one.Account, Region: one.Region, Op: one.Op, Input: one.Input})
			if errors.Is(err, errNotRecorded) {
				t.Errorf("%s is not found again", line)
			}
		}
	})
}
