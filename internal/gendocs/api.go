package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"

	"parry/internal/api"
)

// apiFiles are the document of the API, and what the domain's fields mean, from the comments on them, which the document is made with.
func apiFiles(root string) (map[string]string, error) {
	texts, err := fieldTexts(root)
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(texts, "", "  ")
	if err != nil {
		return nil, err
	}
	doc, err := api.Document(b)
	return map[string]string{"internal/api/fields.json": string(b) + "\n", "docs/api/openapi.json": string(doc)}, err
}

// fieldTexts are the comments on the types of the domain and of the API, and on their fields that JSON has: "Plan", "Plan.Digest".
func fieldTexts(root string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	if err != nil {
		return nil, err
	}
	own, err := filepath.Glob(filepath.Join(root, "internal", "api", "*.go"))
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, path := range append(files, own...) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			g, is := n.(*ast.GenDecl)
			if !is {
				return true
			}
			for _, spec := range g.Specs {
				if t, is := spec.(*ast.TypeSpec); is && t.Name.IsExported() {
					typeTexts(texts, g, t)
				}
			}
			return false
		})
	}
	return texts, nil
}

// typeTexts are those of one type, if it is a struct that JSON has.
func typeTexts(texts map[string]string, g *ast.GenDecl, t *ast.TypeSpec) {
	s, is := t.Type.(*ast.StructType)
	if !is {
		return
	}
	sent := false
	for _, f := range s.Fields.List {
		if f.Tag == nil || len(f.Names) == 0 || !strings.Contains(f.Tag.Value, `json:"`) || strings.Contains(f.Tag.Value, `json:"-"`) {
			continue
		}
		sent = true
		name := f.Names[0].Name
		text := sentence(f.Doc, f.Comment)
		if rest, named := strings.CutPrefix(text, name+" "); named {
			text = jsonName.FindStringSubmatch(f.Tag.Value)[1] + " " + rest
		}
		if text != "" {
			texts[t.Name.Name+"."+name] = text
		}
	}
	if text := sentence(g.Doc); sent && text != "" {
		texts[t.Name.Name] = text
	}
}

// jsonName is a field's name in JSON.
var jsonName = regexp.MustCompile(`json:"([^",]*)`)

// source is where a fact in a comment comes from: it is for whoever reads the code.
var source = regexp.MustCompile(` Sources?: .*$`)

// sentence is a comment in one line.
func sentence(comments ...*ast.CommentGroup) string {
	var all []string
	for _, c := range comments {
		all = append(all, strings.Fields(c.Text())...)
	}
	return source.ReplaceAllString(strings.Join(all, " "), "")
}
