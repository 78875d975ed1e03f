package main

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"parry/internal/moto"
)

// runPage is how a page is run from its first block to its last.
type runPage struct {
	given string            // a script that makes what the page takes for granted
	moto  bool              // it speaks to AWS: here to an emulator of it
	not   map[string]string // lines that are not run, and why
}

// What pages take for granted on AWS: a user whose key is abused, and two people who are on call.
const people = `
aws $ACCOUNT iam:CreateUser '{"UserName":"mallory"}'
aws $ACCOUNT iam:CreateAccessKey '{"UserName":"mallory"}'
keep KEY answer.json AccessKey.AccessKeyId
aws $ACCOUNT iam:CreateUser '{"UserName":"ada"}'
aws $ACCOUNT iam:CreateAccessKey '{"UserName":"ada"}'
keep ADA answer.json AccessKey.AccessKeyId
aws $ACCOUNT iam:CreateUser '{"UserName":"bob"}'
aws $ACCOUNT iam:CreateAccessKey '{"UserName":"bob"}'
keep BOB answer.json AccessKey.AccessKeyId
profile ada $ADA
profile bob $BOB
`

const onTerminal = "it asks on the terminal; TestOnlyYesIsAYes does that"

// runPages are the pages that are run, by their names below docs/.
var runPages = map[string]runPage{
	"start.md": {moto: true, given: people, not: map[string]string{
		"make build":                            "the binary is built already",
		"make tools":                            "it installs what this test runs on",
		".tools/moto/bin/moto_server -p 5555 &": "there is an emulator already, on a port of its own",
		"export AWS_ENDPOINT_URL=http://127.0.0.1:5555 AWS_REGION=us-east-1":                        "so it is set already",
		"export AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x":                                        "so they are, for an account that no other test uses",
		"aws iam create-user --user-name mallory":                                                   "AWS's command line is no tool of the tests; these calls are made before",
		"aws iam create-access-key --user-name mallory --query AccessKey.AccessKeyId --output text": "as above",
		"parry respond --apply finding.json":                                                        onTerminal,
		"go run ./cmd/parry demo --listen 127.0.0.1:8080":                                           "it serves until it is stopped; the console's own tests open it",
		". ./parry.bash": "it is for bash, and blocks are run by sh",
	}},
	"howto/write-a-rule.md":     {},
	"howto/write-a-playbook.md": {},
	"howto/test-a-playbook.md":  {},
	"howto/approve.md":          {moto: true, given: people, not: map[string]string{"parry approve ID": onTerminal}},
	"howto/undo.md":             {moto: true, given: people, not: map[string]string{"parry undo ID": onTerminal}},
	"howto/audit.md": {moto: true, given: people, not: map[string]string{
		"parry audit export --to s3://BUCKET/parry --retain 365d --resume":      "the bucket is one of the reader's own, with Object Lock; the script audit-export does it",
		"parry audit verify --verifier PUBLIC-HALF --archive s3://BUCKET/parry": "as above",
	}},
	"howto/deploy.md": {not: map[string]string{
		"parry deploy up --plan --config org.yaml --binary bootstrap":                                        "it asks CloudFormation of three accounts; the tests of internal/rollout do it on an emulator",
		"parry deploy up --config org.yaml --binary bootstrap":                                               "as above",
		"parry deploy status --config org.yaml":                                                              "as above",
		"parry doctor --org-file org.yaml --reader ReadOnly":                                                 "it asks every account; the script doctor does it on an emulator",
		"CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -ldflags='-s -w' -o bootstrap ./cmd/parry": "it builds the program once more",
	}},
}

// Every page that tells how to do something is run, block by block, and must show what it says it shows. A block of sh is run; where it is
// to end with another code than 0 it says "exit=3"; a block of text after it is what must be seen, line by line, with … for what may be
// anything. A block with "file=NAME" is a file. ID and sha256:... are those that were printed last.
func TestPagesDoWhatTheySay(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	for _, kind := range []string{"start*.md", "howto/*.md"} {
		found, err := filepath.Glob(filepath.Join(docs, filepath.FromSlash(kind)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			rel, err := filepath.Rel(docs, file)
			if err != nil {
				t.Fatal(err)
			}
			if _, is := runPages[filepath.ToSlash(rel)]; !is {
				t.Errorf("docs/%s is run by nobody: put it into runPages", filepath.ToSlash(rel))
			}
		}
	}
	var server *moto.Server
	front := ""
	dirs := map[bool]string{false: t.TempDir(), true: t.TempDir()}
	for _, name := range slices.Sorted(maps.Keys(runPages)) {
		text, err := os.ReadFile(filepath.Join(docs, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		script, err := scriptOf(string(text), runPages[name])
		if err != nil {
			t.Fatalf("docs/%s: %v", name, err)
		}
		base := strings.TrimSuffix(path.Base(name), ".md") + ".txtar"
		if err := os.WriteFile(filepath.Join(dirs[runPages[name].moto], base), []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for onMoto, dir := range dirs {
		t.Run(map[bool]string{false: "alone", true: "moto"}[onMoto], func(t *testing.T) {
			if onMoto {
				server = moto.Need(t)
				f := httptest.NewServer(server.Front())
				t.Cleanup(f.Close)
				front = f.URL
			}
			testscript.Run(t, testscript.Params{
				Dir: dir,
				Setup: func(e *testscript.Env) error {
					e.Setenv("ROOT", root)
					e.Setenv("HOME", e.WorkDir)
					e.Setenv("PARRY_DB", e.WorkDir+"/parry.db")
					if !onMoto {
						e.Setenv("ACCOUNT", "111122223333")
						e.Setenv("KEY", "AKIAIOSFODNN7EXAMPLE")
						return nil
					}
					account := moto.Account()
					e.Setenv("ACCOUNT", account)
					creds, err := server.Config(account, "us-east-1").Credentials.Retrieve(t.Context())
					if err != nil {
						return err
					}
					// The keys are in the file of profiles, so that a page can say AWS_PROFILE.
					e.Setenv("AWS_ENDPOINT_URL", front)
					e.Setenv("AWS_REGION", "us-east-1")
					e.Setenv("AWS_SHARED_CREDENTIALS_FILE", e.WorkDir+"/credentials")
					e.Setenv("AWS_CONFIG_FILE", e.WorkDir+"/none")
					e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
					text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n", creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken)
					return os.WriteFile(e.WorkDir+"/credentials", []byte(text), 0o600)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"aws":     func(ts *testscript.TestScript, neg bool, args []string) { callAWS(t, ts, server, neg, args) },
					"keep":    keep,
					"file":    pageFile,
					"profile": profile,
					"seen":    seen,
				},
			})
		})
	}
}

// profile adds one to the file of AWS's profiles: profile NAME KEY.
func profile(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs("credentials")
	text := ts.ReadFile(path) + fmt.Sprintf("[%s]\naws_access_key_id = %s\naws_secret_access_key = x\n", args[0], args[1])
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
}

// pageFile writes a file of a page, with what the reader has in the place of the page's own: file FROM TO.
func pageFile(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		b.WriteString(os.Expand(strings.TrimPrefix(line, "|"), ts.Getenv))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

var (
	printedID     = regexp.MustCompile(`pr-[0-9a-z]{20,}`)
	printedDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	printedKey    = regexp.MustCompile(`parry/main\+[0-9a-f]{8}\+\S+`)
)

// seen remembers the id, the digest and the key that the last command printed first.
func seen(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stdout")
	for name, what := range map[string]*regexp.Regexp{"ID": printedID, "DIGEST": printedDigest, "VERIFIER": printedKey} {
		if found := what.FindString(text); found != "" {
			ts.Setenv(name, found)
		}
	}
}

// theirs are the words on a page that stand for what the reader has.
var theirs = strings.NewReplacer("111122223333", "$ACCOUNT", "AKIAIOSFODNN7EXAMPLE", "$KEY")

// placeholder puts what was printed into the place of the word that stands for it.
func placeholder(line string) string {
	line = regexp.MustCompile(`\bID\b`).ReplaceAllString(line, `$$ID`)
	line = strings.ReplaceAll(line, "PUBLIC-HALF", `"$VERIFIER"`)
	return strings.ReplaceAll(line, "sha256:...", `$DIGEST`)
}

// scriptOf makes a script of a page.
func scriptOf(page string, p runPage) (string, error) {
	all, err := fences(page)
	if err != nil {
		return "", err
	}
	var script, files strings.Builder
	script.WriteString(p.given)
	var exports []string
	left := maps.Clone(p.not)
	made := map[string]int{}
	ran := false
	for i, f := range all {
		name := f.info["file"]
		switch {
		case name != "":
			// A page may write a file twice, as its reader does.
			made[name]++
			from := fmt.Sprintf("%s.%d.in", strings.ReplaceAll(name, "/", "_"), made[name])
			fmt.Fprintf(&files, "-- %s --\n", from)
			for line := range strings.Lines(f.text) { // its lines may look like those of a script
				files.WriteString("|" + theirs.Replace(strings.ReplaceAll(line, "$", "$$")))
			}
			if dir := path.Dir(name); dir != "." {
				fmt.Fprintf(&script, "mkdir %s\n", dir)
			}
			fmt.Fprintf(&script, "file %s %s\n", from, name)
		case f.lang == "sh":
			var lines []string
			for line := range strings.Lines(f.text) {
				line = strings.TrimRight(line, "\n")
				code := strings.TrimSpace(regexp.MustCompile(`\s+#.*$`).ReplaceAllString(line, ""))
				if _, is := p.not[code]; is {
					delete(left, code)
					continue
				}
				code = strings.ReplaceAll(placeholder(code), "go run ./cmd/parry", "parry")
				if strings.HasPrefix(code, "export ") {
					exports = append(exports, code)
				}
				lines = append(lines, code)
			}
			file := fmt.Sprintf("block%d.sh", i)
			fmt.Fprintf(&files, "-- %s --\nset -e\n%s\n", file, strings.Join(append(slices.Clone(exports), lines...), "\n"))
			want := "0"
			if f.info["exit"] != "" {
				want = f.info["exit"]
			}
			fmt.Fprintf(&script, "exec sh -c 'code=0; sh %s 2>&1 || code=$?; test $code = %s || { echo the page says %s, and it was $code; exit 1; }'\nseen\n", file, want, want)
			ran = true
		case f.lang == "text":
			if !ran {
				return "", fmt.Errorf("line %d: what is seen comes after what is done", f.line)
			}
			for line := range strings.Lines(f.text) {
				if line = strings.TrimSpace(line); line != "" && line != "…" {
					fmt.Fprintf(&script, "stdout '%s'\n", patternOf(line))
				}
			}
		}
	}
	for line := range left {
		return "", fmt.Errorf("it has not the line %q, which is not to be run", line)
	}
	return script.String() + files.String(), nil
}

// patternOf is the pattern of a line that is to be seen: any room between its words, anything for … and for what is not the same twice.
func patternOf(line string) string {
	var words []string
	for _, w := range strings.Fields(line) {
		w = strings.NewReplacer("…", ".*", "AKIAIOSFODNN7EXAMPLE", `\S+`, "111122223333", `\d{12}`).Replace(regexp.QuoteMeta(w))
		words = append(words, regexp.MustCompile(`\bID\b`).ReplaceAllString(w, `pr-[0-9a-z]+`))
	}
	return strings.ReplaceAll(strings.Join(words, ` +`), "'", "''")
}

// A page that shows what is not so fails, and a page's own words do what they are said to do.
func TestAPageBecomesAScript(t *testing.T) {
	const tick = "```"
	page := tick + "yaml file=rules/a.yaml\nx: 111122223333 $y\n" + tick + "\n" + tick + "sh exit=3\nexport A=b\nparry show ID   # look\nparry approve ID --digest sha256:...\n" + tick + "\n" +
		tick + "text\nID  done  it's … 111122223333\n" + tick + "\n" + tick + "sh\nparry list\n" + tick + "\n"
	got, err := scriptOf(page, runPage{given: "g\n", not: map[string]string{"parry list": "why"}})
	want := "g\nmkdir rules\nfile rules_a.yaml.1.in rules/a.yaml\n" +
		"exec sh -c 'code=0; sh block1.sh 2>&1 || code=$?; test $code = 3 || { echo the page says 3, and it was $code; exit 1; }'\nseen\n" +
		`stdout 'pr-[0-9a-z]+ +done +it''s +.* +\d{12}'` + "\n" +
		"exec sh -c 'code=0; sh block3.sh 2>&1 || code=$?; test $code = 0 || { echo the page says 0, and it was $code; exit 1; }'\nseen\n" +
		"-- rules_a.yaml.1.in --\n|x: $ACCOUNT $$y\n-- block1.sh --\nset -e\nexport A=b\nexport A=b\nparry show $ID\nparry approve $ID --digest $DIGEST\n-- block3.sh --\nset -e\nexport A=b\n"
	if err != nil || strings.TrimRight(got, "\n") != strings.TrimRight(want, "\n") {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	for _, bad := range []string{tick + "text\nx\n" + tick, tick + "sh\nx\n"} {
		if _, err := scriptOf(bad, runPage{}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if _, err := scriptOf(page, runPage{not: map[string]string{"parry undo": "why"}}); err == nil {
		t.Error("a line that is not there is not run")
	}
}
