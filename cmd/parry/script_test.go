package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/rogpeppe/go-internal/testscript"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/hub"
	"parry/internal/moto"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"parry": main})
}

// TestScripts holds the promises of the command line, one script each. Those in testdata/moto need an emulator of AWS.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		e.Setenv("ROOT", root)
		e.Setenv("PARRY_DB", e.WorkDir+"/parry.db")
		e.Setenv("HOME", e.WorkDir)
		return nil
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){"poll": poll, "port": freePort}})
}

// TestScriptsOnMoto runs the scripts that talk to AWS, each in an account of its own.
func TestScriptsOnMoto(t *testing.T) {
	server := moto.Need(t)
	front := httptest.NewServer(server.Front())
	t.Cleanup(front.Close)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/moto",
		Setup: func(e *testscript.Env) error {
			account := moto.Account()
			creds, err := server.Config(account, "us-east-1").Credentials.Retrieve(context.WithoutCancel(t.Context()))
			if err != nil {
				return err
			}
			for _, kv := range moto.Env(front.URL, "us-east-1", creds) {
				k, v, _ := strings.Cut(kv, "=")
				e.Setenv(k, v)
			}
			e.Setenv("PARRY_DB", e.WorkDir+"/parry.db")
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("ACCOUNT", account)
			e.Setenv("OTHER", moto.Account())
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"aws":    func(ts *testscript.TestScript, neg bool, args []string) { callAWS(t, ts, server, neg, args) },
			"sql":    tamper,
			"hub":    func(ts *testscript.TestScript, _ bool, args []string) { readHub(t, ts, server, args) },
			"expand": expand,
			"keep":   keep,
			"queue":  func(ts *testscript.TestScript, _ bool, args []string) { makeQueue(t, ts, server, args) },
			"send":   func(ts *testscript.TestScript, _ bool, args []string) { sendMessage(t, ts, server, args) },
			"post":   post,
			"poll":   poll,
			"port":   freePort,
		},
	})
}

// callAWS makes one call of the table as the account's administrator: aws ACCOUNT OPERATION INPUT. Its answer becomes the file "answer.json".
func callAWS(t *testing.T, ts *testscript.TestScript, server *moto.Server, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: aws ACCOUNT OPERATION INPUT")
	}
	var input map[string]any
	ts.Check(json.Unmarshal([]byte(args[2]), &input))
	call := parry.Call{Account: args[0], Region: "us-east-1", Op: args[1], Input: input}
	out, err := call1(context.WithoutCancel(t.Context()), server.Config(args[0], "us-east-1"), call)
	if neg {
		if err == nil {
			ts.Fatalf("%s worked, and should have failed", args[1])
		}
		return
	}
	ts.Check(err)
	b, err := json.Marshal(out)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer.json"), b, 0o600))
}

// readHub writes what an account has in Security Hub, a finding a line, into the file "hub.jsonl": hub ACCOUNT REGION.
func readHub(t *testing.T, ts *testscript.TestScript, server *moto.Server, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: hub ACCOUNT REGION")
	}
	client := securityhub.NewFromConfig(server.Config(args[0], args[1]))
	out, err := client.GetFindings(context.WithoutCancel(t.Context()), &securityhub.GetFindingsInput{})
	ts.Check(err)
	var lines []byte
	for _, f := range out.Findings {
		b, err := hub.JSON(f)
		ts.Check(err)
		lines = append(append(lines, b...), '\n')
	}
	ts.Check(os.WriteFile(ts.MkAbs("hub.jsonl"), lines, 0o600))
}

func call1(ctx context.Context, cfg aws.Config, call parry.Call) (map[string]any, error) {
	cloud := awsapi.New(cfg, awsapi.Options{})
	target := parry.Target{Account: call.Account, Region: call.Region, Partition: "aws"}
	if !awsapi.Catalog()[call.Op].Write {
		obs, err := cloud.Observe(ctx, "script", target, nil)
		if err != nil {
			return nil, err
		}
		reply, err := obs.Read(ctx, call)
		return reply.Output, err
	}
	actor, _, err := cloud.Act(ctx, parry.Session{Response: "script", Playbook: "script", Target: target, Calls: []parry.Call{call}})
	if err != nil {
		return nil, err
	}
	reply, err := actor.Do(ctx, call)
	return reply.Output, err
}

// tamper changes the store as somebody would who can write its file: sql QUERY... The triggers that forbid it go first.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.Getenv("PARRY_DB")+"?_pragma=foreign_keys(0)&_pragma=busy_timeout(10000)")
	ts.Check(err)
	defer db.Close()
	for _, name := range []string{"records_are_not_changed", "records_are_not_deleted", "records_follow_each_other", "log_is_not_changed", "log_is_not_shortened"} {
		_, err := db.Exec("DROP TRIGGER IF EXISTS " + name)
		ts.Check(err)
	}
	for _, query := range args {
		res, err := db.Exec(query)
		ts.Check(err)
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			ts.Fatalf("%s changed nothing: %v", query, err)
		}
	}
}

// expand writes the script's variables into a file: expand FROM TO.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// keep puts a value of a JSON file into a variable: keep NAME FILE PATH, the path with dots and indexes.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(strings.SplitN(ts.ReadFile(args[1]), "\n", 2)[0]), &v))
	for step := range strings.SplitSeq(args[2], ".") {
		switch w := v.(type) {
		case map[string]any:
			v = w[step]
		case []any:
			var i int
			_, err := fmt.Sscan(step, &i)
			ts.Check(err)
			v = w[i]
		}
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}
