package backtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io"
	"strings"

	"parry"
	"parry/internal/playbook"
)

// errNotRecorded is in the error of a read that was not recorded.
var errNotRecorded = errors.New("the read is not among the recorded answers")

// answer is one line of a file of recorded answers: what was asked, and what AWS said.
type answer struct {
	Account string         `json:"account"`
	Region  string         `json:"region"`
	Op      string         `json:"op"`
	Input   map[string]any `json:"input"`
	Output  map[string]any `json:"output,omitzero"`
	Error   *said          `json:"error,omitempty"`
}

// said is an error of AWS.
type said struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (s *said) Error() string { return "AWS says " + s.Code + ": " + s.Message }

// ErrorCode is what playbooks name as "absent" and "gone".
func (s *said) ErrorCode() string { return s.Code }

// question is what makes two reads the same, in one form.
func (a answer) question() (string, error) {
	input := a.Input
	if input == nil {
		input = map[string]any{}
	}
	b, err := json.Marshal([]any{a.Account, a.Region, a.Op, input}) // the keys of maps are in order
	return string(b), err
}

// The limits of a file of answers: only where its answers lie is remembered.
const (
	mostAnswers   = 2_000_000
	longestAnswer = 16 << 20
)

// answers is a file of recorded answers. It is read where it is asked, and not held.
type answers struct {
	name string
	file io.ReaderAt
	seed maphash.Seed
	at   map[uint64]extent
}

type extent struct{ from, size int64 }

// Recorded opens a file of answers, JSON lines as Record writes them, and gives what replays it. Of two answers to the same question the
// first counts, since it is what a plan saw that was made then.
func Recorded(name string, file io.ReaderAt) (playbook.Observe, error) {
	a := &answers{name: name, file: file, seed: maphash.MakeSeed(), at: map[uint64]extent{}}
	in := bufio.NewReader(io.NewSectionReader(file, 0, 1<<62))
	from := int64(0)
	for n := 1; ; n++ {
		line, err := wholeLine(in)
		if err != nil && err != io.EOF {
			return nil, parry.Errorf(parry.Invalid, "%s, line %d: %w", name, n, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := a.note(line, extent{from, int64(len(line))}); err != nil {
				return nil, parry.Errorf(parry.Invalid, "%s, line %d: %w", name, n, err)
			}
		}
		if from += int64(len(line)); err == io.EOF {
			return a.observe, nil
		}
	}
}

// wholeLine reads a line with its end, up to the limit.
func wholeLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if line = append(line, part...); len(line) > longestAnswer {
			return nil, errors.New("the answer is longer than 16 MiB")
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

func (a *answers) note(line []byte, where extent) error {
	one, err := readAnswer(line)
	if err != nil {
		return err
	}
	if one.Account == "" || one.Op == "" {
		return errors.New("an answer needs account and op")
	}
	if (one.Error == nil) == (one.Output == nil) {
		return errors.New("an answer has output or error, one of them")
	}
	q, err := one.question()
	if err != nil {
		return err
	}
	key := maphash.String(a.seed, q)
	if _, known := a.at[key]; known {
		return nil
	}
	if len(a.at) >= mostAnswers {
		return errors.New("there are more than two million answers")
	}
	a.at[key] = where
	return nil
}

// readAnswer reads a line. The numbers of the input stay as they are written, so that a large one is the same as when it was asked.
func readAnswer(line []byte) (answer, error) {
	var one struct {
		answer
		Input json.RawMessage `json:"input"`
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&one); err != nil || one.Input == nil {
		return one.answer, err
	}
	d = json.NewDecoder(bytes.NewReader(one.Input))
	d.UseNumber()
	return one.answer, d.Decode(&one.answer.Input)
}

// observe has the form of playbook.Observe.
func (a *answers) observe(context.Context, string, parry.Target, []string) (parry.Observer, error) {
	return a, nil
}

// Read implements parry.Observer.
func (a *answers) Read(_ context.Context, c parry.Call) (parry.Reply, error) {
	q, err := answer{Account: c.Account, Region: c.Region, Op: c.Op, Input: c.Input}.question()
	if err != nil {
		return parry.Reply{}, err
	}
	where, ok := a.at[maphash.String(a.seed, q)]
	if !ok {
		return parry.Reply{}, parry.Errorf(parry.NotFound, "%w: %s", errNotRecorded, c.Op)
	}
	line := make([]byte, where.size)
	if _, err := a.file.ReadAt(line, where.from); err != nil && err != io.EOF {
		return parry.Reply{}, parry.Errorf(parry.Fault, "read %s: %w", a.name, err)
	}
	one, err := readAnswer(line)
	if err != nil {
		return parry.Reply{}, parry.Errorf(parry.Fault, "%s changed while it was read: %w", a.name, err)
	}
	if was, err := one.question(); err != nil || was != q {
		return parry.Reply{}, parry.Errorf(parry.NotFound, "%w: %s", errNotRecorded, c.Op)
	}
	if one.Error != nil {
		return parry.Reply{}, parry.Errorf(parry.Fault, "%s in %s: %w", c.Op, c.Account, one.Error)
	}
	return parry.Reply{Output: one.Output}, nil
}

// Record writes what is read, so that it can be replayed. A read that AWS did not answer, as when the network is down or AWS is
// asked too fast, is not kept.
func Record(w io.Writer, observe playbook.Observe) playbook.Observe {
	return func(ctx context.Context, playbook string, t parry.Target, ops []string) (parry.Observer, error) {
		o, err := observe(ctx, playbook, t, ops)
		if err != nil {
			return nil, err
		}
		return recorder{o, w}, nil
	}
}

type recorder struct {
	parry.Observer
	to io.Writer
}

// Read implements parry.Observer.
func (r recorder) Read(ctx context.Context, c parry.Call) (parry.Reply, error) {
	reply, err := r.Observer.Read(ctx, c)
	one := answer{Account: c.Account, Region: c.Region, Op: c.Op, Input: c.Input, Output: reply.Output}
	if one.Input == nil {
		one.Input = map[string]any{}
	}
	if err != nil {
		var code interface{ ErrorCode() string }
		if !errors.As(err, &code) || passing(code.ErrorCode()) {
			return reply, err
		}
		one.Output, one.Error = nil, &said{code.ErrorCode(), err.Error()}
	} else if one.Output == nil {
		one.Output = map[string]any{}
	}
	line, jerr := json.Marshal(one)
	if jerr != nil {
		return reply, errors.Join(err, jerr)
	}
	if _, werr := r.to.Write(append(line, '\n')); werr != nil {
		return reply, parry.Errorf(parry.Fault, "the answer cannot be recorded: %w", werr)
	}
	return reply, err
}

// passing says whether an error says nothing of the state. Source: "Common Errors" of the services' API references.
func passing(code string) bool {
	switch code {
	case "RequestLimitExceeded", "SlowDown", "ServiceUnavailable", "InternalError", "InternalFailure", "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return true
	}
	return strings.Contains(code, "Throttl")
}
