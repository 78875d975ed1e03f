package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// fence is a block of code on a page: what its first line says, and its text.
type fence struct {
	line int    // of its first line of text
	lang string // sh, yaml, text
	info map[string]string
	text string
}

// fences are the blocks of a page. What follows the language is for the tests, no reader sees it: ```yaml file=rules/mine.yaml
func fences(page string) (all []fence, err error) {
	var open *fence
	var mark string
	for i, line := range strings.Split(page, "\n") {
		text := strings.TrimLeft(line, " ")
		ticks := text[:len(text)-len(strings.TrimLeft(text, "`"))]
		switch {
		case open == nil && len(ticks) >= 3:
			words := strings.Fields(text[len(ticks):])
			open, mark = &fence{line: i + 2, info: map[string]string{}}, ticks
			for n, w := range words {
				if n == 0 {
					open.lang = w
					continue
				}
				k, v, _ := strings.Cut(w, "=")
				open.info[k] = v
			}
		case open != nil && text == mark:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: a block has no end", open.line-1)
	}
	return all, nil
}

// commandsIn are the commands of a shell's text, each as its words, wherever they stand: behind a pipe, in $( ), behind a variable.
func commandsIn(text string) (all [][]string, err error) {
	file, err := syntax.NewParser(syntax.KeepComments(false)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			var args []string
			for _, w := range call.Args {
				args = append(args, literalOf(w))
			}
			all = append(all, args)
		}
		return true
	})
	return all, nil
}

// literalOf is a word without its quotes; what is only known when it runs is a word like any other.
func literalOf(w *syntax.Word) string {
	var b strings.Builder
	var parts func([]syntax.WordPart)
	parts = func(all []syntax.WordPart) {
		for _, p := range all {
			switch p := p.(type) {
			case *syntax.Lit:
				b.WriteString(p.Value)
			case *syntax.SglQuoted:
				b.WriteString(p.Value)
			case *syntax.DblQuoted:
				parts(p.Parts)
			default:
				b.WriteString("x")
			}
		}
	}
	parts(w.Parts)
	return b.String()
}

// checkParry holds a command line to the tree of commands, without running it. In a sentence a command may be named without all that it takes.
func checkParry(args []string, all bool) error {
	root := (&app{env: func(string) string { return "" }}).command()
	root.InitDefaultCompletionCmd(args...)
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		// In a sentence a flag may be named without its value.
		if all || !strings.Contains(err.Error(), "needs an argument") {
			return fmt.Errorf("%s: %w", cmd.CommandPath(), err)
		}
	}
	given := cmd.Flags().Args()
	if help, err := cmd.Flags().GetBool("help"); err == nil && help || cmd.Name() == "help" {
		return nil
	}
	if cmd.HasSubCommands() && len(given) > 0 && !cmd.Runnable() {
		return fmt.Errorf("%s has no command %q", cmd.CommandPath(), given[0])
	}
	if !all {
		return nil
	}
	if !cmd.Runnable() {
		return fmt.Errorf("%s does nothing without one of its commands", cmd.CommandPath())
	}
	if err := cmd.ValidateArgs(given); err != nil {
		return fmt.Errorf("%s: %w", cmd.CommandPath(), err)
	}
	return cmd.ValidateRequiredFlags()
}

// targetsOf are the targets of a Makefile.
func targetsOf(makefile string) (all []string) {
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).FindAllStringSubmatch(makefile, -1) {
		all = append(all, m[1])
	}
	return all
}

// checkCommand holds a command line to what there is: parry's own commands, however it is called, and make's targets.
func checkCommand(args, targets []string) error {
	switch {
	case filepath.Base(args[0]) == "parry":
		return checkParry(args[1:], true)
	case len(args) > 2 && args[0] == "go" && args[1] == "run" && args[2] == "./cmd/parry":
		return checkParry(args[3:], true)
	case args[0] == "make":
		for _, word := range args[1:] {
			if !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") && !strings.HasPrefix(word, ".tools/") && !slices.Contains(targets, word) {
				return fmt.Errorf("the Makefile has no target %q", word)
			}
		}
	case args[0] == "sudo" || args[0] == "env" || args[0] == "time":
		return fmt.Errorf("%s hides what it runs from this check", args[0])
	}
	return nil
}

// inline are the commands in a page's sentences, and in its indented blocks.
var inline = regexp.MustCompile("(?m)`(parry [^`\n]+)`|^    (parry .+)$")

// checkPage holds every command of a page to what there is, and gives what is wrong with file and line.
func checkPage(name, page string, targets []string) (wrong []string, commands int) {
	all, err := fences(page)
	if err != nil {
		return []string{name + ": " + err.Error()}, 0
	}
	tell := func(line int, text string, err error) {
		wrong = append(wrong, fmt.Sprintf("%s:%d: %s: %v", name, line, text, err))
	}
	prose := page
	for _, f := range all {
		prose = strings.ReplaceAll(prose, f.text, strings.Repeat("\n", strings.Count(f.text, "\n")))
		switch f.lang {
		case "bash", "shell", "console", "shell-session", "zsh":
			tell(f.line, f.lang, fmt.Errorf("blocks of commands are sh here, so that they are checked"))
		case "sh":
			lines, err := commandsIn(f.text)
			if err != nil {
				tell(f.line, strings.TrimSpace(f.text), err)
			}
			for _, args := range lines {
				commands++
				if err := checkCommand(args, targets); err != nil {
					tell(f.line, strings.Join(args, " "), err)
				}
			}
		}
	}
	for _, m := range inline.FindAllStringSubmatchIndex(prose, -1) {
		text := ""
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				text = prose[m[i]:m[i+1]]
			}
		}
		lines, err := commandsIn(strings.NewReplacer("…", "x", "<", "x", ">", "x", "|", "", "[", "", "]", "", "(", "", ")", "").Replace(text))
		line := strings.Count(prose[:m[0]], "\n") + 1
		if err != nil {
			tell(line, text, err)
			continue
		}
		for _, args := range lines {
			commands++
			if filepath.Base(args[0]) != "parry" {
				continue
			}
			if err := checkParry(args[1:], false); err != nil {
				tell(line, text, err)
			}
		}
	}
	return wrong, commands
}

// handWritten are all pages but those that 'make docs' writes.
func handWritten(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	all := map[string]string{}
	read := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(rel)] = string(text)
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"} {
		read(filepath.Join(root, name))
	}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".md") {
			read(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every command on every page is one that there is, with flags that it has and as many arguments as it takes.
func TestCommandsOfThePagesAreThere(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, page := range handWritten(t) {
		wrong, n := checkPage(name, page, targetsOf(string(makefile)))
		for _, w := range wrong {
			t.Error(w)
		}
		total += n
	}
	if total < 150 {
		t.Errorf("only %d commands were found", total)
	}
}

// The check itself finds what it is there for.
func TestWrongCommandsOnAPageAreFound(t *testing.T) {
	const tick = "```"
	for _, c := range []struct{ page, want string }{
		{tick + "sh\nparry respond --aply finding.json\n" + tick, "p.md:2: parry respond --aply finding.json: parry respond: unknown flag: --aply"},
		{"a\n" + tick + "sh\ncat x | go run ./cmd/parry lst\n" + tick, `unknown command "lst"`},
		{tick + "sh\nparry rule explan x\n" + tick, `parry rule has no command "explan"`},
		{tick + "sh\nparry rule\n" + tick, "does nothing without"},
		{tick + "sh\nparry show\n" + tick, "accepts 1 arg"},
		{tick + "sh\nparry list all\n" + tick, "unknown command"},
		{tick + "sh\nparry list -n many\n" + tick, `invalid argument "many"`},
		{tick + "sh\nID=$(parry list --jsn)\n" + tick, "unknown flag: --jsn"},
		{tick + "sh\nAWS_PROFILE=bob bin/parry aprove ID\n" + tick, `unknown command "aprove"`},
		{tick + "sh\nparry undo ID --chnge x \\\n  --yes\n" + tick, "unknown flag: --chnge"},
		{tick + "sh\nmake tests\n" + tick, `no target "tests"`},
		{tick + "sh\nsudo parry serve\n" + tick, "hides what it runs"},
		{tick + "sh\necho 'x\n" + tick, "without closing quote"},
		{tick + "bash\nparry list\n" + tick, "are sh here"},
		{tick + "sh\nparry list\n", "a block has no end"},
		{"Say `parry rule lst` to see.", `parry rule has no command "lst"`},
		{"Say `parry serve --confg FILE` to run.", "unknown flag: --confg"},
		{"So:\n\n    parry doctr\n", `p.md:3: parry doctr: unknown command "doctr"`},
	} {
		wrong, _ := checkPage("p.md", c.page, []string{"test"})
		if len(wrong) != 1 || !strings.Contains(wrong[0], c.want) {
			t.Errorf("%s\ngives %v, want %s", c.page, wrong, c.want)
		}
	}
	good := tick + "sh\n# a comment: parry nonsense\nparry respond --apply --yes finding.json | tee out   # another\nmake -j2 test V=1\nparry help list\nparry show ID --json\n" + tick +
		"\nSay `parry show`, `parry approve ID --digest sha256:...`, `parry undo --change`.\n\n" + tick + "text\nparry has said nothing\n" + tick
	if wrong, n := checkPage("p.md", good, []string{"test"}); len(wrong) > 0 || n != 8 {
		t.Errorf("%v %d", wrong, n)
	}
}
