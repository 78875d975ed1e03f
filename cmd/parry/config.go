package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/config"
)

// settings reads the settings for a command: its flags, the environment, and a file, if there is one.
func (a *app) settings(cmd *cobra.Command, file string) (*config.Config, error) {
	in := config.Input{File: file, Env: a.env, Flag: func(name string) (string, bool) {
		f := cmd.Flags().Lookup(name)
		if f == nil || !f.Changed {
			return "", false
		}
		return f.Value.String(), true
	}}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "%w", err)
		}
		in.Text = text
	}
	return config.Load(in)
}

// settle takes over what the file says to every command: where the store is, what there is of playbooks and rules.
func (a *app) settle(cmd *cobra.Command, _ []string) error {
	// What a shell asks for has its own flags, which are not read yet: see complete.
	if a.configFile == "" || cmd.Name() == cobra.ShellCompRequestCmd || cmd.Name() == cobra.ShellCompNoDescRequestCmd {
		return nil
	}
	c, err := a.settings(cmd, a.configFile)
	if err != nil {
		return a.wrongRules(err)
	}
	a.take(c)
	return nil
}

func (a *app) take(c *config.Config) {
	a.db, a.role, a.playbookDir, a.ruleDir, a.org, a.policyFile = c.DB, c.Role, c.Playbooks, c.Rules, c.Org, c.Policy
	a.act, a.tier = c.Act, c.Tier
	a.auditKey, a.auditBucket, a.writeBack, a.link, a.lease = c.AuditKey, c.AuditBucket, c.WriteBack, c.Link, c.Lease
	a.lake = c.Lake
	a.channels, a.consoleURL = c.Channels, c.Console.URL
}

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Check and show the settings of the server",
		// The file is read by the commands themselves: what is wrong with it is what they are for.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(a.configCheck(), a.configShow())
	return c
}

// configFileOf is the file that a command names, or --config.
func (a *app) configFileOf(given []string) string {
	if len(given) > 0 {
		return given[0]
	}
	return a.configFile
}

func (a *app) configCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check the settings, and all that they name: rules, playbooks, token, certificate",
		Long: "Checks the settings as 'parry serve' would have them: FILE or --config, with the environment above it. Reads the rules, the\n" +
			"playbooks, the organization, the token and the certificate that they name. Starts nothing, asks AWS nothing, and makes no store.",
		Args: args(cobra.MaximumNArgs(1), "parry config check [FILE]"),
		RunE: func(cmd *cobra.Command, given []string) error {
			c, err := a.settings(cmd, a.configFileOf(given))
			if err == nil {
				err = errors.Join(c.Complete(), a.checkNamed(cmd.Context(), c))
			}
			if err != nil {
				return a.wrongRules(err)
			}
			if c.SQS.QueueURL != "" && c.SQS.DeadLetterURL == "" {
				fmt.Fprintln(a.stdout, "warning: sqs.dead_letter_url is not set: what cannot be answered is left to the queue's own redrive policy")
			}
			if c.Listen != "" && c.TLSCert == "" {
				fmt.Fprintln(a.stdout, "warning: tls_cert is not set: listen speaks plain HTTP, which is for behind a proxy only")
			}
			fmt.Fprintln(a.stdout, "the settings are good")
			return nil
		},
	}
}

// checkNamed reads what the settings name.
func (a *app) checkNamed(ctx context.Context, c *config.Config) error {
	a.take(c)
	_, err := a.library()
	_, wrong := a.policy()
	err = errors.Join(err, wrong)
	if c.Channels != "" {
		_, wrong := a.openChannels(ctx, nil)
		err = errors.Join(err, wrong)
	}
	_, sources := sweepSources(c)
	err = errors.Join(err, sources)
	if c.Org != "" && c.Org != askAWS {
		_, e := a.organization(ctx)
		err = errors.Join(err, e)
	}
	if c.TLSCert != "" && c.TLSKey != "" {
		if _, e := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); e != nil {
			err = errors.Join(err, parry.Errorf(parry.Invalid, "%s: tls_cert: %w", c.From("tls_cert"), e))
		}
	}
	return err
}

func (a *app) configShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show [FILE]",
		Short: "Show every setting as it counts, and where it comes from; secrets are not shown",
		Args:  args(cobra.MaximumNArgs(1), "parry config show [FILE]"),
		RunE: func(cmd *cobra.Command, given []string) error {
			c, err := a.settings(cmd, a.configFileOf(given))
			if err != nil {
				return a.wrongRules(err)
			}
			if a.json {
				return a.encode(c.Values)
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			for _, v := range c.Values {
				fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, v.Text, v.From)
			}
			return w.Flush()
		},
	}
}

// spoolOf is the folder of the spool: beside the store where none is named.
func (a *app) spoolOf(c *config.Config) (string, error) {
	if c.Spool != "" {
		return c.Spool, nil
	}
	db, err := a.storePath()
	return filepath.Join(filepath.Dir(db), "spool"), err
}
