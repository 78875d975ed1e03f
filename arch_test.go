package parry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The rules of the house that a machine can hold: who may import whom, and what every package must say.

// shared are packages that adapters may use: they know nothing of each other, of AWS or of the domain's adapters.
var shared = []string{"parry/internal/expr", "parry/internal/strictyaml", "parry/internal/pattern", "parry/internal/policydoc", "parry/internal/tap", "parry/internal/neverblock", "parry/internal/signin", "parry/internal/desk",
	// How text is made safe to show is one thing for all who show it.
	"parry/internal/render"}

// assembly are the packages that put parts together, and so may know many.
var assembly = []string{"cmd/parry", "internal/assemble", "internal/cases", "internal/demo", "internal/gendocs", "internal/bench", "internal/coverage",
	"internal/given", "internal/backtest", "internal/serve", "internal/deploy", "internal/lambda", "internal/console",
	// It carries out what deploy renders.
	"internal/rollout",
	// It holds AWS against what deploy renders and what dynamo calls a good table.
	"internal/doctor",
	// It writes labels as render does.
	"internal/chart",
	// It counts what the store, the rules, the coverage and the record's proof say.
	"internal/numbers",
	// It sets numbers as a page and a document.
	"internal/report",
	// It shows what is going on in a store.
	"internal/watch"}

// testOnly are packages that no shipped code may import.
var testOnly = []string{"parry/internal/moto", "parry/internal/judge", "parry/internal/ocsfcheck", "parry/internal/parquetcheck", "parry/internal/storetest", "parry/internal/dynamotest", "parry/internal/cfnlint", "parry/internal/ministack", "parry/internal/schemathesis", "parry/internal/oidctest"}

type source struct {
	dir, path string
	test      bool
	file      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{filepath.ToSlash(filepath.Dir(path)), path, strings.HasSuffix(path, "_test.go"), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s source) imports() []string {
	var all []string
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		all = append(all, p)
	}
	return all
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "parry"
}

func TestTheRootImportsTheStandardLibraryOnly(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir != "." || s.test {
			continue
		}
		for _, i := range s.imports() {
			if !isStandard(i) {
				t.Errorf("%s imports %s", s.path, i)
			}
		}
	}
}

func TestAdaptersDoNotImportEachOther(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || slices.Contains(assembly, s.dir) || !strings.HasPrefix(s.dir, "internal/") {
			continue
		}
		for _, i := range s.imports() {
			if strings.HasPrefix(i, "parry/") && !slices.Contains(shared, i) {
				t.Errorf("%s imports %s: arrows go one way, through the domain", s.path, i)
			}
		}
	}
}

func TestTestToolsAreNotShipped(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.dir == "internal/storetest" || s.dir == "internal/bench" {
			continue
		}
		for _, i := range s.imports() {
			if slices.Contains(testOnly, i) {
				t.Errorf("%s imports %s, which is for tests only", s.path, i)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	doc := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			doc[s.dir] = doc[s.dir] || s.file.Doc != nil
		}
	}
	for dir, has := range doc {
		if !has {
			t.Errorf("package %s has no doc comment", dir)
		}
	}
}

func TestNoHiddenState(t *testing.T) {
	background := regexp.MustCompile(`^(Background|TODO)$`)
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s has an init function", s.path)
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if ok && x.Name == "context" && background.MatchString(n.Sel.Name) && !strings.HasSuffix(s.path, "/main.go") && !slices.Contains(testOnly, "parry/"+s.dir) {
					t.Errorf("%s makes a context of its own: it is given one", s.path)
				}
			}
			return true
		})
	}
}
