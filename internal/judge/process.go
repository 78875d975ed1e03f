package judge

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// process is a running evaluator. It ends with its standard input, which ends with the test's process.
type process struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	out       *bufio.Scanner
	complaint *bytes.Buffer
}

// take gives a process that nobody uses.
func (j *Judge) take() (*process, error) {
	j.mu.Lock()
	if n := len(j.idle); n > 0 {
		p := j.idle[n-1]
		j.idle = j.idle[:n-1]
		j.mu.Unlock()
		return p, nil
	}
	j.mu.Unlock()
	p := &process{cmd: exec.Command("node", "judge.mjs"), complaint: &bytes.Buffer{}}
	p.cmd.Dir, p.cmd.Stderr = j.dir, p.complaint
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, longestVerdict)
	return p, p.cmd.Start()
}

// give gives a process back, for the next.
func (j *Judge) give(p *process) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.idle) < mostIdle {
		j.idle = append(j.idle, p)
		return
	}
	go p.end() // nobody waits for it
}

// end lets the process end, and waits for that.
func (p *process) end() error {
	_ = p.in.Close() // it may have ended by itself
	return p.cmd.Wait()
}

// ask writes lines and reads as many answers. After an error the process is gone.
func (p *process) ask(ctx context.Context, lines []byte, n int) (*bytes.Buffer, error) {
	stop := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })
	defer stop()
	wrote := make(chan error, 1)
	go func() { // it ends when the lines are taken, or with the process
		_, err := p.in.Write(lines)
		wrote <- err
	}()
	out := &bytes.Buffer{}
	for range n {
		if !p.out.Scan() {
			break
		}
		out.Write(p.out.Bytes())
		out.WriteByte('\n')
		n--
	}
	if n == 0 && ctx.Err() == nil {
		return out, <-wrote
	}
	_ = p.cmd.Process.Kill()
	<-wrote
	why, err := p.out.Err(), p.end()
	return nil, fmt.Errorf("%d answers are missing: %v, %v: %s", n, why, err, strings.TrimSpace(p.complaint.String()))
}
