// Package moto runs the moto emulator of AWS for the tests. It is test support: nothing that is
// shipped imports it.
//
// What moto is good for: the API calls of a response and what can be read back after them; accounts
// that are really separate; with [Server.Enforce], that a key is refused once it is deleted,
// deactivated or its user denied everything, and that no call needs an action outside a policy.
//
// What it cannot show: its enforcement judges action names only. Resources (for most services),
// conditions, permissions boundaries, session policies, service control policies and trust across
// accounts are not evaluated; package judge is for those.
package moto

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// DefaultAccount is the account that owns every key that moto does not know.
const DefaultAccount = "123456789012"

// startLimit bounds the wait for the first answer. It takes some 2 s, and more while builds run.
const startLimit = 60 * time.Second

//go:embed launch.py
var launch string

// Server is one running emulator. Its methods may be called from parallel tests; Reset and Enforce
// act on all of its accounts at once.
type Server struct {
	addr   string // host:port
	base   *http.Transport
	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{}
	log    *tail
}

// Start runs the emulator that `make tools` installed in toolsDir and waits until it answers. The
// context bounds the start, not the server's life: that ends with Stop, or with this process.
func Start(ctx context.Context, toolsDir string) (*Server, error) {
	python := filepath.Join(toolsDir, "moto", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return nil, fmt.Errorf("moto is not installed (make tools installs it): %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	// Another process can take the port between its choice and moto's bind, so a start that ends
	// at once is tried on another port.
	var err error
	for range 3 {
		var s *Server
		if s, err = launchOn(python); err != nil {
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

// launchOn starts one process on a free port.
func launchOn(python string) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	s := &Server{addr: addr, base: dialOnly(addr), exited: make(chan struct{}), log: &tail{}}
	s.cmd = exec.Command(python, "-c", launch, "-H", host, "-p", port)
	s.cmd.Env = append(os.Environ(),
		// Responses attach AWS's own policies, such as AWSDenyAll.
		"MOTO_IAM_LOAD_MANAGED_POLICIES=true",
		// Its images cost seconds on the first EC2 call, and any image id is accepted without them.
		"MOTO_EC2_LOAD_DEFAULT_AMIS=false",
	)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start moto: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start moto: %w", err)
	}
	go func() { // joined by Stop
		defer close(s.exited)
		_ = s.cmd.Wait() // a killed server's exit code says nothing
	}()
	return s, nil
}

// await polls until the server answers, ends or the context does.
func (s *Server) await(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.control(ctx, http.MethodGet, "/moto-api/config", "")
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("moto ended before it answered: %s", s.log)
		case <-ctx.Done():
			return fmt.Errorf("moto does not answer: %w; last try: %w; its output: %s", ctx.Err(), err, s.log)
		case <-tick.C:
		}
	}
}

// Stop ends the server and waits for its process. It may be called more than once.
func (s *Server) Stop() {
	_ = s.stdin.Close()      // makes the launcher leave by itself,
	_ = s.cmd.Process.Kill() // and this does not ask it
	<-s.exited
}

// Endpoint is the server's address, as AWS_ENDPOINT_URL takes it.
//
// A process that is given only AWS_ENDPOINT_URL talks to moto without the corrections of Transport.
// Every successful call works as it does with them, S3 included: the address is an IP, so the SDK
// uses path style of itself. Two things do not: S3 Control, whose host name (the account id before
// the address) has no DNS entry, and the error code of a call that enforcement refuses, which reads
// UnknownError or a deserialization error except for EC2 and S3. Give such a process a server made
// of [Server.Front] instead.
func (s *Server) Endpoint() string { return "http://" + s.addr }

// Env is the environment of a process that is to use the server at endpoint (that of this server,
// or of a front of it) with the given credentials. S3 Control's host names go through the server as
// a proxy, so they need no DNS.
func Env(endpoint, region string, c aws.Credentials) []string {
	env := []string{
		"AWS_ENDPOINT_URL=" + endpoint,
		"HTTP_PROXY=" + endpoint, "NO_PROXY=", "no_proxy=",
		"AWS_REGION=" + region,
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey,
		"AWS_EC2_METADATA_DISABLED=true",
		// No file of the person who runs the tests may reach the process.
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	if c.SessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	return env
}

// Transport sends every request to the server, whatever its host, and corrects the answers: see fixer.
func (s *Server) Transport() http.RoundTripper { return fixer{s.base} }

// Front is the server behind Transport, for processes that cannot be given a transport:
// httptest.NewServer(s.Front()).
func (s *Server) Front() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: s.addr})
			r.Out.Host = r.In.Host // it is signed, and names the account for S3 Control
		},
		Transport: s.Transport(),
	}
}

// Config is an SDK configuration for an account, as somebody who may do everything there.
//
// The default account's credentials are made up; another account's come from assuming the role
// parry-test in it, which need not exist, so the account is empty at first. Neither is a principal
// that enforcement knows: while it is on, use keys made with them before, as [Server.Role] does.
//
// S3 needs no option: it takes path style for an address that is an IP. Loading a configuration with config.LoadDefaultConfig and
// this HTTP client fails where AWS_CA_BUNDLE is set; set HTTPClient afterwards.
func (s *Server) Config(account, region string) aws.Config {
	cfg := aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(s.Endpoint()),
		HTTPClient:   &http.Client{Transport: s.Transport()},
		Credentials:  credentials.NewStaticCredentialsProvider("AKIAPARRYTEST", "parry", ""),
	}
	if account != DefaultAccount {
		role := "arn:aws:iam::" + account + ":role/parry-test"
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role))
	}
	return cfg
}

// Role makes a role with one policy and returns a configuration that acts as it, also under
// enforcement. Call it while enforcement is off.
func (s *Server) Role(ctx context.Context, account, region, name, policy string) (aws.Config, error) {
	cfg := s.Config(account, region)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
	client := iam.NewFromConfig(cfg)
	role, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	if err != nil {
		return aws.Config{}, fmt.Errorf("create role %s: %w", name, err)
	}
	_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: &name, PolicyDocument: &policy})
	if err != nil {
		return aws.Config{}, fmt.Errorf("put the policy of role %s: %w", name, err)
	}
	got, err := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), aws.ToString(role.Role.Arn)).Retrieve(ctx)
	if err != nil {
		return aws.Config{}, fmt.Errorf("assume role %s: %w", name, err)
	}
	cfg.Credentials = credentials.StaticCredentialsProvider{Value: got}
	return cfg, nil
}

// Reset empties every account. On the shared server of Need it takes the ground from under tests
// that run in parallel: take a fresh Account instead.
func (s *Server) Reset(ctx context.Context) error {
	return s.control(ctx, http.MethodPost, "/moto-api/reset", "")
}

// Enforce switches the evaluation of IAM policies on or off, for every account. A test that uses it
// needs a server of its own: see Own.
func (s *Server) Enforce(ctx context.Context, on bool) error {
	calls := "inf" // the number of calls that are let through before enforcement begins
	if on {
		calls = "0"
	}
	return s.control(ctx, http.MethodPost, "/moto-api/reset-auth", calls)
}

// control calls the emulator's own API.
func (s *Server) control(ctx context.Context, method, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, s.Endpoint()+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain") // with a form's type moto answers 500
	resp, err := s.base.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1024)) // it only adorns the error
		return fmt.Errorf("%s: HTTP %d: %s", path, resp.StatusCode, answer)
	}
	return nil
}

// Account is a made-up account id that no other test of this process has.
func Account() string { return fmt.Sprintf("2%011d", accounts.Add(1)) }

// The singletons of this process: the counter of Account and the server of Need.
var (
	accounts atomic.Uint64
	shared   struct {
		once   sync.Once
		server *Server
		err    error
	}
)

// Need is the server that the tests of one process share. It starts with the first caller and ends
// with the process. The test is skipped where the tools are not installed.
func Need(t testing.TB) *Server {
	t.Helper()
	tools := toolsDir(t)
	shared.once.Do(func() { shared.server, shared.err = Start(t.Context(), tools) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// Own is a server for one test, for those that use Enforce or Reset.
func Own(t testing.TB) *Server {
	t.Helper()
	s, err := Start(t.Context(), toolsDir(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// toolsDir skips the test where no tools are named. Tools that are named but broken fail it, so that
// an incomplete installation cannot pass as a green run.
func toolsDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PARRY_TOOLS")
	if dir == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	return dir
}

// dialOnly is a transport whose every connection goes to addr. S3 Control puts the account id before
// the host, and a bucket may stand there too: names that no DNS knows.
func dialOnly(addr string) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
		DisableKeepAlives: true, // moto closes each connection after its answer
	}
}

// freeAddr is a loopback address that was free a moment ago.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// tail keeps the end of what the server prints, for the error of a failed start.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const keep = 2 << 10
	t.buf = append(t.buf, p...)
	if len(t.buf) > keep {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-keep:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
