// Package ministack runs the MiniStack emulator of AWS for the tests. It is test support: nothing that is shipped imports it.
//
// What it is good for: CloudFormation, EventBridge, SQS with event sources of Lambda, Step Functions with task tokens, DynamoDB, which work together
// as a deployment's parts do; and Lambda functions that are handlers of the test, over HTTP.
//
// What it cannot show: it enforces no IAM, a role that is taken leaves the account the same, and it has no Security Hub, GuardDuty or documents of
// Systems Manager. The member accounts are package moto's.
package ministack

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Account is the account that the emulator is.
const Account = "000000000000"

// startLimit bounds the wait for the first answer. It takes about a second.
const startLimit = 60 * time.Second

// Server is one running emulator.
type Server struct {
	URL string
	log *output
}

// Need is a Server that ends with the test. The test is skipped where no tools are named, and fails where they are named but broken.
func Need(t testing.TB) *Server {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	program := filepath.Join(tools, "ministack", "bin", "ministack")
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("MiniStack is not installed (make tools installs it): %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	s := &Server{URL: "http://127.0.0.1:" + port, log: &output{}}
	dir := t.TempDir()
	cmd := exec.Command(program)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GATEWAY_PORT="+port, "BIND_HOST=127.0.0.1", "IOT_MTLS_ENABLED=0", "TMPDIR="+dir, "HOME="+dir)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { // joined at the end of the test
		defer close(exited)
		_ = cmd.Wait() // a killed server's exit code says nothing
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-exited
	})
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	for !s.answers(ctx) {
		select {
		case <-exited:
			t.Fatalf("MiniStack ended before it answered: %s", s.log)
		case <-ctx.Done():
			t.Fatalf("MiniStack does not answer: %s", s.log)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return s
}

func (s *Server) answers(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/_ministack/health", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// Config is a configuration for the emulator. Keep-alive is off: with it every call takes 44 ms.
func (s *Server) Config(region string) aws.Config {
	return aws.Config{
		Region: region, Credentials: credentials.NewStaticCredentialsProvider(Account, "secret", ""), BaseEndpoint: aws.String(s.URL),
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// Log is the end of what the emulator wrote.
func (s *Server) Log() string { return s.log.String() }

// output keeps the end of what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() > 1<<20 {
		o.buf.Reset()
	}
	return o.buf.Write(p)
}

// String implements fmt.Stringer.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.buf.String()
	return fmt.Sprintf("...%s", text[max(0, len(text)-8000):])
}
