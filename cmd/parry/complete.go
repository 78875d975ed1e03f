package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"parry"
	"parry/internal/audit"
	"parry/internal/doctor"
	"parry/internal/sqlite"
)

const (
	completionPatience = 2 * time.Second // whoever pressed Tab waits
	completionIDs      = 100             // the newest
)

// completer gives what a word may be. A shell asks for it while somebody types: it changes nothing, and says nothing where it knows nothing.
type completer func(ctx context.Context) []cobra.Completion

// completions has the shell offer what there is: ids, names, states. It goes by how a command names its argument in Use, and by a flag's name, so
// that a command that is added later completes as well.
func (a *app) completions(c *cobra.Command) {
	if give := a.argument(c); give != nil && c.ValidArgsFunction == nil && len(c.ValidArgs) == 0 {
		c.ValidArgsFunction = func(cmd *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(given) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.complete(cmd, give)
		}
	}
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		give := a.value(c, f.Name)
		if _, is := c.GetFlagCompletionFunc(f.Name); give == nil || is {
			return
		}
		// It fails only for a flag that is not there, or that has one.
		_ = c.RegisterFlagCompletionFunc(f.Name, func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return a.complete(cmd, give)
		})
	})
	for _, sub := range c.Commands() {
		a.completions(sub)
	}
}

// complete asks for words with the settings that the line has so far.
func (a *app) complete(cmd *cobra.Command, give completer) ([]cobra.Completion, cobra.ShellCompDirective) {
	if err := a.settle(cmd, nil); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, stop := context.WithTimeout(cmd.Context(), completionPatience)
	defer stop()
	return give(ctx), cobra.ShellCompDirectiveNoFileComp
}

// argument is what the first argument of a command may be; nil leaves it to the shell, which offers files.
func (a *app) argument(c *cobra.Command) completer {
	switch _, arg, _ := strings.Cut(c.Use, " "); {
	case arg == "ID" && c.Name() == "approve", arg == "ID" && c.Name() == "reject":
		return a.ids(parry.Waiting)
	case arg == "ID":
		return a.ids("")
	case arg == "NAME" && c.HasParent() && c.Parent().Name() == "playbook":
		return a.playbookNames
	case arg == "NAME" && c.HasParent() && c.Parent().Name() == "rule":
		return a.ruleNames
	case c.Name() == "backfill":
		return choice("securityhub", "securityhub-v2")
	case c.Args != nil && arg == "" && !c.HasSubCommands():
		return choice() // no argument, and no file
	}
	return nil
}

// value is what the value of a flag may be.
func (a *app) value(c *cobra.Command, flag string) completer {
	switch c.CommandPath() + " --" + flag {
	case "parry list --state":
		return states
	case "parry sweep --source":
		return choice("access-analyzer", "cloudtrail", "config", "inspector", "macie")
	case "parry report --format":
		return choice("html", "pdf", "csv", "json")
	case "parry audit export --format":
		return choice(string(audit.JSONL), string(audit.OCSF))
	case "parry playbook permissions --partition":
		return choice("aws", "aws-cn", "aws-us-gov")
	case "parry serve --tier":
		return choice("auto", "approve", "alert")
	case "parry serve --act":
		return a.ruleNames
	case "parry token new --role":
		return choice("viewer", "approver", "admin")
	case "parry doctor --only":
		return checkIDs
	}
	if flag == "playbook" {
		return a.playbookNames
	}
	return nil
}

func choice(all ...string) completer {
	return func(context.Context) []cobra.Completion { return all }
}

func states(context.Context) []cobra.Completion {
	var all []cobra.Completion
	for _, s := range parry.States() {
		all = append(all, cobra.Completion(s))
	}
	return all
}

func checkIDs(context.Context) []cobra.Completion {
	var all []cobra.Completion
	for _, c := range doctor.Checks() {
		all = append(all, cobra.CompletionWithDesc(c.ID, c.What))
	}
	return all
}

func (a *app) playbookNames(context.Context) []cobra.Completion {
	lib, err := a.library()
	if err != nil {
		return nil
	}
	var all []cobra.Completion
	for _, p := range lib.Playbooks.All() {
		all = append(all, cobra.CompletionWithDesc(p.Name, p.Summary))
	}
	return all
}

func (a *app) ruleNames(context.Context) []cobra.Completion {
	lib, err := a.library()
	if err != nil {
		return nil
	}
	var all []cobra.Completion
	for _, r := range lib.Rules.Rules {
		all = append(all, cobra.CompletionWithDesc(r.Name, r.Summary))
	}
	return all
}

// ids gives the newest responses, or those in a state. Nothing is asked of a server from afar. A store in a file is opened so that nothing in it can change; where there is none, none is made.
func (a *app) ids(state parry.State) completer {
	return func(ctx context.Context) []cobra.Completion {
		if a.server != "" {
			return nil
		}
		db, err := a.storeToRead(ctx)
		if err != nil {
			return nil
		}
		defer db.Close()
		list, _, err := db.List(ctx, parry.Query{Limit: completionIDs, State: state})
		if err != nil {
			return nil
		}
		var all []cobra.Completion
		for _, r := range list {
			if !parry.OwnLog(r.ID) {
				all = append(all, cobra.CompletionWithDesc(r.ID, string(r.State)+", "+r.Answer.Playbook))
			}
		}
		return all
	}
}

func (a *app) storeToRead(ctx context.Context) (store, error) {
	if strings.HasPrefix(a.db, onDynamoDB) {
		return a.openStore(ctx, false)
	}
	path, err := a.storePath()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	db, err := sqlite.OpenToRead(ctx, path)
	if err != nil {
		return nil, err // not a nil store, which would be one
	}
	return db, nil
}
