// Package dynamotest runs DynamoDB Local, Amazon's own emulator, for the tests. It is test support: nothing that is shipped imports it.
//
// What it cannot show: indexes and reads are always up to date there, a partition is never too hot, and there is neither point-in-time
// recovery nor IAM (AWS's page "DynamoDB local usage notes").
//
// It has no option for the address that it listens on, and so listens on all of them while the tests run. It holds nothing but what they
// write.
package dynamotest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// startLimit bounds the wait for the first answer. It takes some 3 s, and more while builds run.
const startLimit = 60 * time.Second

// script runs Java and ends it when standard input ends, which it does with the process that started this, however that ends.
const script = `java "$@" & pid=$!; cat >/dev/null; kill $pid`

// mainClass is what DynamoDB Local's manifest names since version 3.
const mainClass = "software.amazon.dynamodb.services.local.main.ServerRunner"

// Server is one running emulator.
type Server struct {
	port   int
	stdin  io.Closer
	exited chan struct{}
	log    *output
}

// Start runs the emulator that `make tools` installed in toolsDir and waits until it answers.
func Start(ctx context.Context, toolsDir string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	// Another process can take the port between its choice and Java's bind.
	var err error
	for range 3 {
		var s *Server
		if s, err = launch(filepath.Join(toolsDir, "dynamodb", "target", "lib")); err != nil {
			return nil, err
		}
		if err = s.await(ctx); err == nil {
			return s, nil
		}
		s.Stop()
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func launch(lib string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{port: port, exited: make(chan struct{}), log: &output{}}
	cmd := exec.Command("sh", "-c", script, "sh", "-Xmx1g", "-Djava.library.path="+lib, "-cp", filepath.Join(lib, "*"), mainClass,
		"-inMemory", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port))
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	go func() { // joined by Stop
		defer close(s.exited)
		_ = cmd.Wait() // a stopped server's exit code says nothing
	}()
	return s, nil
}

// await polls until the server answers, whatever it says, or the context ends.
func (s *Server) await(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint(), nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			return resp.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("DynamoDB Local does not answer: %w; its output: %s", err, s.log)
		case <-tick.C:
		}
	}
}

// Stop ends the server and waits for its process.
func (s *Server) Stop() {
	_ = s.stdin.Close()
	<-s.exited
}

// Endpoint is the server's address.
func (s *Server) Endpoint() string { return fmt.Sprintf("http://127.0.0.1:%d", s.port) }

// Config is an SDK configuration that talks to the server.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(s.Endpoint()),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAPARRYTEST", "parry", ""),
	}
}

// shared is the server of Need.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Need is the server that the tests of one process share. It ends with the process. The test is skipped where the emulator is not
// installed, as without Java it cannot be.
func Need(t testing.TB) *Server {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	if _, err := os.Stat(filepath.Join(tools, "dynamodb", ".stamp")); err != nil {
		t.Skip("DynamoDB Local is not installed; make tools does it where there are Java and Maven")
	}
	shared.once.Do(func() { shared.server, shared.err = Start(t.Context(), tools) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// output keeps what the server prints at first, for the error of a failed start.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() < 4<<10 {
		o.buf.Write(p)
	}
	return len(p), nil
}

// String is what was kept.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
