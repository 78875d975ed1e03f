package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/cases"
	"parry/internal/render"
	"parry/internal/sqlite"
	"parry/playbooks"
)

func (a *app) testCommand() *cobra.Command {
	var update, show bool
	c := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Run the cases of a folder of playbooks on the twin; of the embedded ones where none is named",
		Long: "A case is a txtar file under <playbook>/cases: the event, the state that it meets, the plan that must come out, and what must be\n" +
			"true after apply and after undo. Nothing outside this process is touched. A case that says that the twin does not have what it needs\n" +
			"is skipped.",
		Args: args(cobra.MaximumNArgs(1), "parry test [DIR]"),
		RunE: func(cmd *cobra.Command, given []string) error {
			dir := ""
			if len(given) == 1 {
				dir = given[0]
			}
			return a.test(cmd.Context(), dir, update, show)
		},
	}
	c.Flags().BoolVar(&update, "update", false, "write the plans that come out into the case files; read the difference before you keep it")
	c.Flags().BoolVarP(&show, "verbose", "v", false, "show each case's plan")
	return c
}

func (a *app) test(ctx context.Context, dir string, update, show bool) error {
	var fsys fs.FS = playbooks.FS
	shown := "playbooks"
	if dir != "" {
		fsys, shown, a.playbookDir = os.DirFS(dir), dir, dir
	} else if update {
		return parry.Errorf(parry.Invalid, "the embedded cases cannot be written").WithHint("name their folder: parry test --update DIR")
	}
	all, err := cases.Load(fsys, ".", shown)
	if err != nil {
		return asInvalid(err)
	}
	if len(all) == 0 {
		return parry.Errorf(parry.Invalid, "there are no cases in %s", shown).WithHint("a case stands in <playbook>/cases/NAME.txtar")
	}
	lib, err := a.library()
	if err != nil {
		return err
	}
	passed, failed, skipped := 0, 0, 0
	for _, c := range all {
		if why, ok := c.Runs(cases.OnTwin); !ok {
			fmt.Fprintf(a.stdout, "skip %s/%s: not on the twin: %s\n", c.Playbook, c.Name, why)
			skipped++
			continue
		}
		res, err := runCase(ctx, lib, c)
		if err != nil {
			res.Failed = append(res.Failed, err.Error())
		}
		if update && err == nil && res.Plan != c.Plan {
			if err := os.WriteFile(filepath.Join(dir, c.Playbook, "cases", c.Name+".txtar"), c.WithPlan(res.Plan), 0o644); err != nil {
				return parry.Errorf(parry.Invalid, "%w", err)
			}
		}
		a.reportCase(c, res, show)
		if passed++; !res.OK() {
			passed--
			failed++
		}
	}
	fmt.Fprintf(a.stdout, "%d passed, %d failed%s\n", passed, failed, andSkipped(skipped))
	if failed > 0 {
		a.code = exitFailed
		return errSaid
	}
	return nil
}

// andSkipped says how many cases were not run; nothing where all were.
func andSkipped(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d skipped", n)
}

func (a *app) reportCase(c cases.Case, res cases.Result, show bool) {
	word := "ok  "
	if !res.OK() {
		word = "FAIL"
	}
	fmt.Fprintf(a.stdout, "%s %s/%s\n", word, c.Playbook, c.Name)
	if show {
		fmt.Fprintln(a.stdout, render.Indent(res.Plan, "     "))
	}
	for _, f := range res.Failed {
		fmt.Fprint(a.stdout, render.Indent(f, "     "))
	}
}

// runCase runs one case on a twin and a store of its own.
func runCase(ctx context.Context, lib *assemble.Library, c cases.Case) (cases.Result, error) {
	db, err := sqlite.Open(ctx, ":memory:")
	if err != nil {
		return cases.Result{}, err
	}
	defer db.Close()
	return cases.Run(ctx, c, cases.NewTwin(), lib, db, cases.Probe{})
}
