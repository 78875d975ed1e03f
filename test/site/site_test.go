package site_test

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// built is a site that was built: what its pages hold, by their names.
type built struct {
	dir   string
	pages map[string]page
}

// page is what a page links to, loads, and can be linked to.
type page struct {
	ids, links, loads, sidebar []string
}

// readPage takes a page apart.
func readPage(text string) (page, error) {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return page{}, err
	}
	var p page
	var walk func(n *html.Node, side bool)
	walk = func(n *html.Node, side bool) {
		if n.Type == html.ElementNode {
			at := map[string]string{}
			for _, a := range n.Attr {
				at[a.Key] = a.Val
			}
			side = side || strings.Contains(at["class"], "sidebar-tree")
			if at["id"] != "" {
				p.ids = append(p.ids, at["id"])
			}
			switch {
			case n.Data == "a" && at["href"] != "":
				p.links = append(p.links, at["href"])
				if side {
					p.sidebar = append(p.sidebar, at["href"])
				}
			case n.Data == "link" && at["rel"] != "canonical" && at["rel"] != "search" && at["href"] != "":
				p.loads = append(p.loads, at["href"])
			case at["src"] != "":
				p.loads = append(p.loads, at["src"])
			case at["srcset"] != "":
				p.loads = append(p.loads, at["srcset"])
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, side)
		}
	}
	walk(root, false)
	return p, nil
}

func read(dir string) (built, error) {
	b := built{dir, map[string]page{}}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".html") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		b.pages[filepath.ToSlash(rel)], err = readPage(string(text))
		return err
	})
	return b, err
}

// broken are links to pages, files and anchors that are not there, and everything that a page would load from elsewhere.
func (b built) broken() (wrong []string) {
	for name, p := range b.pages {
		for _, l := range p.links {
			if why := b.leads(name, l); why != "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s: %s", name, l, why))
			}
		}
		for _, l := range p.loads {
			if strings.HasPrefix(l, "data:") {
				continue
			}
			u, err := url.Parse(l)
			if err != nil || u.Host != "" || u.Scheme != "" {
				wrong = append(wrong, fmt.Sprintf("%s loads %s from elsewhere", name, l))
				continue
			}
			if _, err := os.Stat(filepath.Join(b.dir, filepath.FromSlash(path.Join(path.Dir(name), u.Path)))); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s loads %s, which is not there", name, l))
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

// leads says why a link leads nowhere; what leads to another site is not followed.
func (b built) leads(from, link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return "it is no link"
	}
	if u.Scheme != "" || u.Host != "" {
		if u.Scheme != "https" && u.Scheme != "mailto" {
			return "it is not https"
		}
		return ""
	}
	to := from
	if u.Path != "" {
		to = path.Join(path.Dir(from), u.Path)
	}
	p, ok := b.pages[to]
	if !ok {
		if _, err := os.Stat(filepath.Join(b.dir, filepath.FromSlash(to))); err != nil || strings.HasSuffix(u.Path, "/") {
			return "there is no such page"
		}
		return ""
	}
	if u.Fragment != "" && !slices.Contains(p.ids, u.Fragment) {
		return "the page has no such place"
	}
	return ""
}

// elsewhere finds what style sheets and scripts would load from another site.
var elsewhere = regexp.MustCompile(`(?i)(url\(\s*["']?(https?:)?//|@import\s+(url\()?["']?(https?:)?//|(fetch|import|importScripts)\(\s*["'](https?:)?//|\.(src|href)\s*=\s*["'](https?:)?//)`)

func TestTheCheckFindsWhatIsBroken(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"index.html": `<nav class="sidebar-tree"><a href="sub/a.html">A</a></nav><a href="none.html">x</a><a href="sub/a.html#here">ok</a><a href="sub/a.html#there">x</a><a href="#mine">x</a>` +
			`<a href="http://example.com">x</a><a href="https://example.com">ok</a><script src="https://cdn.example.com/x.js"></script><img src="none.png"><link rel="stylesheet" href="//fonts.example.com/x.css">`,
		"sub/a.html": `<h1 id="here">A</h1><a href="../index.html">ok</a><img src="data:image/png;base64,AA">`,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := read(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"index.html loads //fonts.example.com/x.css from elsewhere",
		"index.html loads https://cdn.example.com/x.js from elsewhere",
		"index.html loads none.png, which is not there",
		"index.html: #mine: the page has no such place",
		"index.html: http://example.com: it is not https",
		"index.html: none.html: there is no such page",
		"index.html: sub/a.html#there: the page has no such place",
	}
	if got := b.broken(); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if s := b.pages["index.html"].sidebar; !slices.Equal(s, []string{"sub/a.html"}) {
		t.Errorf("in the navigation: %v", s)
	}
	for text, want := range map[string]bool{
		"@import url(https://x.example/a.css)": true, `@font-face{src:url("//x.example/a.woff2")}`: true, `fetch("https://x.example")`: true, `s.src = 'https://x.example/a.js'`: true,
		"/* see https://x.example */": false, `url("data:image/svg+xml;x")`: false, `fetch("searchindex.js")`: false,
	} {
		if elsewhere.MatchString(text) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

// The site is built with warnings as errors. Every page is in its navigation, every link of its own leads somewhere, and it loads nothing from elsewhere.
func TestTheSite(t *testing.T) {
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		tools = filepath.Join("..", "..", ".tools")
	}
	tool, err := filepath.Abs(filepath.Join(tools, "site", "bin", "sphinx-build"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tool); err != nil {
		t.Skip("Sphinx is not installed; run make tools")
	}
	docs := filepath.Join("..", "..", "docs")
	out := t.TempDir()
	// A proxy that is not there: what would go to the network fails.
	cmd := exec.CommandContext(t.Context(), tool, "-W", "--keep-going", "-n", "-q", "-j", "2", "-b", "html", "-d", t.TempDir(), docs, out)
	cmd.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "PYTHONDONTWRITEBYTECODE=1")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	b, err := read(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range b.broken() {
		t.Error(w)
	}
	inNavigation := map[string]bool{"index.html": true}
	for _, l := range b.pages["index.html"].sidebar {
		inNavigation[l] = true
	}
	err = filepath.WalkDir(docs, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "example" {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if d.IsDir() || !strings.HasSuffix(file, ".md") {
			return nil
		}
		rel, err := filepath.Rel(docs, file)
		if err != nil {
			return err
		}
		if name := strings.TrimSuffix(filepath.ToSlash(rel), ".md") + ".html"; !inNavigation[name] {
			t.Errorf("docs/%s is not in the navigation: add it to docs/index.md", filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(out, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".js") && !strings.HasSuffix(file, ".css") {
			return err
		}
		text, err := os.ReadFile(file)
		if found := elsewhere.Find(text); found != nil {
			t.Errorf("%s loads from elsewhere: %s", file, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"searchindex.js":                "quarantin", // its words are stems
		"_static/styles/furo.css":       "prefers-color-scheme: *dark",
		"_static/pygments.css":          "prefers-color-scheme: *dark",
		"overview.html":                 "Parry is an automated security response",
		"architecture.html":             "A call is data",
		"playbooks/README.html":         "ec2-quarantine",
		"howto/approve.html":            "Approve safely",
		"explanation/limits.html":       "Honest limits",
		"cli/parry_respond.html":        "--apply",
		"rules/guardduty.html":          "guardduty-access-key-abused",
		"search.html":                   "searchbox|search-documentation|searchtools",
		"_static/searchtools.js":        "Search",
		"explanation/threat-model.html": "hub account",
	} {
		text, err := os.ReadFile(filepath.Join(out, filepath.FromSlash(file)))
		if err != nil || !regexp.MustCompile(want).Match(text) {
			t.Errorf("%s has not %q: %v", file, want, err)
		}
	}
}
