package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// program is the binary that scripts/bench.sh builds.
const program = "bin/parry"

// cold prints how long a function of AWS Lambda takes from the start of its process until it asks for its first invocation: what Lambda calls its
// init, without the download of the code. Source: "Using the Lambda runtime API for custom runtimes", Next invocation.
func cold(ctx context.Context) error {
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		fmt.Printf("the start of a function is measured with %s, which 'make bench' builds\n", program)
		return nil
	}
	asked := make(chan time.Time, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/invocation/next") {
			select {
			case asked <- time.Now():
			default:
			}
			<-r.Context().Done() // there is no invocation
		}
	})}
	go func() { _ = server.Serve(l) }() // ends with Close
	defer server.Close()
	for _, function := range []string{"worker", "door"} {
		var took []time.Duration
		var peak int64
		for range starts {
			d, memory, err := start(ctx, l.Addr().String(), function, asked)
			if err != nil {
				return err
			}
			took, peak = append(took, d), max(peak, memory)
		}
		slices.Sort(took)
		fmt.Printf("a function's start, %-6s           %8d ms to its first invocation, %d MB in memory\n", function, took[starts/2].Milliseconds(), peak>>20)
	}
	return nil
}

// start starts one function, and says when it asked for an invocation and what it had in memory by then.
func start(ctx context.Context, addr, function string, asked chan time.Time) (time.Duration, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+addr, "PARRY_FUNCTION="+function, "PARRY_DB=dynamodb:parry", "PARRY_ROLE=parry-{playbook}", "PARRY_MACHINE=arn:aws:states:us-east-1:111122223333:stateMachine:m",
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none")
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	select {
	case at := <-asked:
		return at.Sub(began), resident(cmd.Process.Pid), nil
	case <-ctx.Done():
		return 0, 0, fmt.Errorf("%s did not ask for an invocation: %w", function, ctx.Err())
	}
}

// resident is what a process has in memory, in bytes; 0 where that is not known.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kB int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kB); err == nil {
			return kB << 10
		}
	}
	return 0
}
