package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"parry"
	"parry/internal/coverage"
	"parry/internal/numbers"
	"parry/internal/report"
	"parry/internal/rules"
)

func now() time.Time { return time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC) }

// What a name can hold: markup, control characters, letters from right to left, a mark that turns text round, a letter no font has, a formula.
const (
	markup  = `<script>alert("x")</script><img src=x onerror=alert(1)>`
	turned  = "\u202egpj.exe\x1b[2J\u0007"
	hebrew  = "חשבון 漢字 😀"
	formula = `=HYPERLINK("http://evil.example","x")`
)

type shelf []parry.Response

func (s shelf) List(context.Context, parry.Query) ([]parry.Response, string, error) {
	return s, "", nil
}
func (s shelf) Checkpoints(context.Context) ([][]byte, error) { return nil, nil }

// scene is the numbers of a month, with names that somebody made up to do harm.
func scene(t *testing.T) numbers.Numbers {
	t.Helper()
	names := []string{"open-security-groups", "public-buckets", "leaked-keys", "miners", markup, turned, hebrew, formula, "@SUM(1+1)", "+1", "-1", "{pages}"}
	states := []parry.State{parry.Done, parry.Done, parry.Done, parry.Waiting, parry.Alerted, parry.Nothing, parry.Rejected, parry.Done, parry.Failed, parry.Undone, parry.Expired}
	var store shelf
	for i := range 400 {
		rule := names[min(i%12, i%7*2)]
		received := now().Add(-time.Duration(i*107) * time.Minute)
		r := parry.Response{ID: fmt.Sprint(i), State: states[i%len(states)], Answer: parry.Answer{Rule: rule, Playbook: names[i%4]}, Target: parry.Target{Account: fmt.Sprintf("%012d", i%5+1)}, Seen: i % 3}
		r.Finding.Info.Types = []string{"UnauthorizedAccess:IAMUser/" + names[i%len(names)]}
		r.Times = parry.Times{FirstSeen: received.Add(-time.Duration(i%40+1) * time.Minute), Received: received}
		if r.State == parry.Done || r.State == parry.Failed || r.State == parry.Undone {
			r.Times.Applied, r.Times.Closed = received.Add(time.Second), received.Add(time.Duration(i%90+5)*time.Second)
			if r.By = "rule " + rule; i%2 == 0 {
				r.By, r.Times.Closed = names[i/2%len(names)], received.Add(time.Duration(i%90+5)*time.Minute)
			}
		}
		store = append(store, r)
	}
	exempt := parry.Exemption{Resources: []string{markup, formula}, Owner: turned, Reason: hebrew + " a long reason that goes on and on until it has to be broken into more than one line", Until: now().AddDate(0, 0, 3)}
	book := &rules.Book{Rules: []rules.Rule{{Name: markup, Scope: parry.Scope{Exempt: []parry.Exemption{exempt, {Resources: []string{"sg-1"}, Owner: "ada", Reason: "old", Until: now()}}}}}}
	covered := &coverage.Report{Areas: []coverage.Area{
		{Name: "Controls", Items: []coverage.Item{{Group: "S3", Level: coverage.Auto}, {Group: "EC2", Level: coverage.Approve}}},
		{Name: "ATT&CK techniques", Items: []coverage.Item{{Group: "Impact", Level: coverage.None}}},
	}}
	n, err := numbers.Collect(t.Context(), store, numbers.Options{Since: now().AddDate(0, 0, -30), Now: now, Book: book, Coverage: covered})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func written(t *testing.T, n numbers.Numbers, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, n, format); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("PARRY_SHOW"); dir != "" { // a folder to look at them
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+"."+format), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// unsafe are characters that move, hide or turn round what stands about them.
func unsafe(s string) []string {
	var all []string
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			all = append(all, fmt.Sprintf("%U", r))
		}
	}
	return all
}

func TestHTML(t *testing.T) {
	page := written(t, scene(t), "html")
	if bad := unsafe(page); bad != nil {
		t.Errorf("the page has %v", bad)
	}
	z := html.NewTokenizer(strings.NewReader(page))
	var seen strings.Builder
	for z.Next() != html.ErrorToken {
		tok := z.Token()
		switch tok.Type {
		case html.TextToken:
			seen.WriteString(tok.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if tok.Data == "script" || tok.Data == "img" || tok.Data == "link" || tok.Data == "iframe" {
				t.Errorf("the page has a %s", tok.Data)
			}
			for _, a := range tok.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("the page has %s=%q", a.Key, a.Val)
				}
			}
		}
	}
	for _, want := range []string{markup, `\u202egpj.exe\u001b[2J\u0007`, hebrew, formula, "ends soon", "ended", "ATT&CK techniques", "done automatically", "There is no checkpoint"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	for _, want := range []string{`<th scope="col"`, `<th scope="row"`, "<caption", `lang="en"`, `role="img"`, "prefers-color-scheme", "@media print", "default-src 'none'"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestCSV(t *testing.T) {
	text := written(t, scene(t), "csv")
	if bad := unsafe(text); bad != nil {
		t.Errorf("the table has %v", bad)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, r := range rows {
		for _, cell := range r {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
		found[strings.Join(r[:4], "|")] = r[4]
	}
	for key, want := range map[string]string{
		"section|group|key|metric": "value", "responses|all||responses": "400", "responses|rule|'=HYPERLINK(\"http://evil.example\",\"x\")|responses": "", "decisions|person|'+1|yes": "",
		"coverage|Controls|S3|auto": "1", "coverage|ATT&CK techniques||none": "1", "record|||checkpoints": "0", "time to respond|all||known": "", "exemptions|" + markup + "|resources sg-1|state": "ended",
	} {
		got, ok := found[key]
		if !ok || want != "" && got != want {
			t.Errorf("%s is %q, not %q", key, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	n := scene(t)
	text := written(t, n, "json")
	if bad := unsafe(text); bad != nil {
		t.Errorf("the numbers have %v", bad)
	}
	var back numbers.Numbers
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(back)
	before, _ := json.Marshal(n)
	if !reflect.DeepEqual(again, before) {
		t.Error("what is read back is another thing")
	}
}

func TestJSONOfTextBeyondTheFirstPlane(t *testing.T) {
	n := numbers.Numbers{ByRule: []numbers.Count{{Key: "a\U000e0041\u2066b😀"}}} // tags are invisible
	text := written(t, n, "json")
	var back numbers.Numbers
	if err := json.Unmarshal([]byte(text), &back); err != nil || back.ByRule[0].Key != n.ByRule[0].Key || unsafe(text) != nil {
		t.Errorf("%+q %v %v", fmt.Sprint(back.ByRule), unsafe(text), err)
	}
}

func TestPDF(t *testing.T) {
	n := scene(t)
	doc := written(t, n, "pdf")
	if !strings.HasPrefix(doc, "%PDF-") || doc != written(t, n, "pdf") {
		t.Error("it is no PDF, or not the same each time")
	}
	for _, never := range []string{"/JavaScript", "/JS", "/Launch", "/URI", "/OpenAction <<"} {
		if strings.Contains(doc, never) {
			t.Errorf("the document has %s", never)
		}
	}
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext of poppler-utils is not here: the text of the document is not looked at")
	}
	c := exec.Command(tool, "-raw", "-", "-")
	c.Stdin = strings.NewReader(doc)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := regexp.MustCompile(`\s+`).ReplaceAllString(string(out), "") // lines are broken where there is place
	for _, want := range []string{"What Parry did", "400", markup, `\u202egpj.exe\u001b[2J\u0007`, `\u05d7\u05e9\u05d1\u05d5\u05df \u6f22\u5b57 \u1f600`, formula, "{pages}", "By account", "ATT&CK techniques", "There is no checkpoint"} {
		if !strings.Contains(seen, strings.ReplaceAll(want, " ", "")) {
			t.Errorf("the document does not show %q", want)
		}
	}
}

func TestNothingHappened(t *testing.T) {
	n, err := numbers.Collect(t.Context(), shelf(nil), numbers.Options{Since: now().AddDate(0, 0, -30), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range report.Formats() {
		text := written(t, n, format)
		if format == "html" && !strings.Contains(text, "There are no responses in this time") {
			t.Error("the page does not say that it is empty")
		}
		if format == "html" && strings.Contains(text, "<svg") {
			t.Error("there is a picture of nothing")
		}
	}
	if err := report.Write(&bytes.Buffer{}, n, "docx"); parry.KindOf(err) != parry.Invalid {
		t.Errorf("docx: %v", err)
	}
}

func TestMoment(t *testing.T) {
	for s, want := range map[string]string{
		"30d": "2026-10-01T12:00:00Z", "12w": "2026-08-08T12:00:00Z", "720h": "2026-10-01T12:00:00Z", "2026-10-01": "2026-10-01T00:00:00Z", "2026-10-01T10:00:00+02:00": "2026-10-01T08:00:00Z",
		"0d": "", "-3d": "", "d": "", "": "", "99999999d": "", "99999999999999h": "", "2026-13-01": "", "yesterday": "", "-5h": "",
	} {
		got, err := report.Moment(s, now())
		if want == "" && parry.KindOf(err) == parry.Invalid {
			continue
		}
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %v, %v; not %q", s, got, err, want)
		}
	}
}
