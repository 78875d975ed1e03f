package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rogpeppe/go-internal/testscript"

	"parry/internal/moto"
)

// makeQueue makes a queue and puts its URL into a variable: queue ACCOUNT NAME VARIABLE.
func makeQueue(t *testing.T, ts *testscript.TestScript, server *moto.Server, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: queue ACCOUNT NAME VARIABLE")
	}
	client := sqs.NewFromConfig(server.Config(args[0], "us-east-1"))
	out, err := client.CreateQueue(context.WithoutCancel(t.Context()), &sqs.CreateQueueInput{QueueName: &args[1]})
	ts.Check(err)
	ts.Setenv(args[2], aws.ToString(out.QueueUrl))
}

// sendMessage sends a file to a queue: send ACCOUNT URL FILE.
func sendMessage(t *testing.T, ts *testscript.TestScript, server *moto.Server, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: send ACCOUNT URL FILE")
	}
	client := sqs.NewFromConfig(server.Config(args[0], "us-east-1"))
	body := ts.ReadFile(args[2])
	_, err := client.SendMessage(context.WithoutCancel(t.Context()), &sqs.SendMessageInput{QueueUrl: &args[1], MessageBody: &body})
	ts.Check(err)
}

// freePort puts a port that is free into a variable: port VARIABLE.
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Check(l.Close())
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// post sends a file and wants a status: post URL TOKEN FILE STATUS.
func post(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: post URL TOKEN FILE STATUS")
	}
	req, err := http.NewRequest(http.MethodPost, args[0], strings.NewReader(ts.ReadFile(args[2])))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+args[1])
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if strconv.Itoa(resp.StatusCode) != args[3] {
		ts.Fatalf("%s: %s", resp.Status, body)
	}
}

// poll waits until a URL, or a file, holds what a pattern says: poll URL|FILE PATTERN.
func poll(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: poll URL|FILE PATTERN")
	}
	want, last := regexp.MustCompile(args[1]), ""
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if last = look(ts, args[0]); want.MatchString(last) {
			return
		}
	}
	ts.Fatalf("%s never held %s; at last: %s", args[0], args[1], last)
}

func look(ts *testscript.TestScript, name string) string {
	if !strings.HasPrefix(name, "http") {
		b, _ := os.ReadFile(ts.MkAbs(name)) // it may not be there yet
		return string(b)
	}
	resp, err := http.Get(name)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body) // what is missing does not match
	return string(b)
}
