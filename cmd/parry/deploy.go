package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/deploy"
	"parry/internal/notify"
)

func (a *app) deployCommand() *cobra.Command {
	c := &cobra.Command{Use: "deploy", Short: "Run natively in an AWS organization: write what that takes, carry it out, take it away"}
	c.AddCommand(a.deployRender(), a.deployPackage(), a.deployUp(), a.deployStatus(), a.deployDown())
	return c
}

func (a *app) deployPackage() *cobra.Command {
	var file, binary, out string
	c := &cobra.Command{
		Use:   "package --config org.yaml --binary FILE --out function.zip",
		Short: "Zip the binary for AWS Lambda, with the rules and the policy that org.yaml names",
		Args:  args(cobra.NoArgs, "parry deploy package --config org.yaml --binary bin/parry --out function.zip"),
		RunE: func(*cobra.Command, []string) error {
			if file == "" || binary == "" || out == "" {
				return parry.Errorf(parry.Invalid, "what is wanted, the binary, or where it is to be written, is not named").
					WithHint("parry deploy package --config org.yaml --binary bin/parry --out function.zip")
			}
			o, err := readOrg(file)
			if err != nil {
				return err
			}
			f, err := os.Create(out)
			if err != nil {
				return parry.Errorf(parry.Invalid, "%w", err)
			}
			architecture, err := deploy.Bundle(f, binary, bundled(file, o))
			if err = errors.Join(err, f.Close()); err != nil {
				_ = os.Remove(out) // half a zip is worth nothing
				return err
			}
			fmt.Fprintf(a.stdout, "%s is for %s: put it into a bucket of the hub, and give the stack CodeBucket, CodeKey and Architecture=%s\n", out, architecture, architecture)
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", "", "org.yaml: what is wanted")
	c.Flags().StringVar(&binary, "binary", "", "the binary, built for Linux without cgo: 'GOOS=linux GOARCH=arm64 make build' makes bin/parry")
	c.Flags().StringVar(&out, "out", "", "the zip to write")
	return c
}

func (a *app) deployRender() *cobra.Command {
	var file, out string
	c := &cobra.Command{
		Use:   "render --config org.yaml --out DIR",
		Short: "Write the CloudFormation templates, the state machine and the guardrails, and what goes where",
		Long: "Reads org.yaml, which names the hub, the accounts, Regions, rules, approvers and channels, and writes templates into a folder: the hub,\n" +
			"a role for each playbook in every account with exactly what its calls need, event rules with the rules' own patterns, and service control\n" +
			"policies that guard it all. It asks nothing of AWS, and the same file gives the same bytes. docs/deploy.md has a whole org.yaml.",
		Args: args(cobra.NoArgs, "parry deploy render --config org.yaml --out DIR"),
		RunE: func(*cobra.Command, []string) error { return a.render(file, out) },
	}
	c.Flags().StringVar(&file, "config", "", "org.yaml: what is wanted")
	c.Flags().StringVar(&out, "out", "", "the folder to write into; it is made where it is not there")
	return c
}

// render writes a deployment into a folder.
func (a *app) render(file, out string) error {
	if file == "" || out == "" {
		return parry.Errorf(parry.Invalid, "what is wanted, or where it is to be written, is not named").WithHint("parry deploy render --config org.yaml --out DIR")
	}
	_, files, err := a.renderOrg(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return parry.Errorf(parry.Invalid, "%w", err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(out, f.Name), f.Body, 0o644); err != nil {
			return parry.Errorf(parry.Invalid, "%w", err)
		}
		if a.json {
			if err := a.encode(map[string]any{"file": f.Name, "bytes": len(f.Body), "what": f.Why}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.stdout, "%-18s %7d bytes  %s\n", f.Name, len(f.Body), f.Why)
	}
	return nil
}

// renderOrg reads org.yaml with all that it names, and renders it.
func (a *app) renderOrg(file string) (*deploy.Org, []deploy.File, error) {
	o, err := readOrg(file)
	if err != nil {
		return nil, nil, err
	}
	lib, err := assemble.NewLibrary(beside(file, o.Playbooks), beside(file, o.Rules))
	if err != nil {
		return nil, nil, a.wrongRules(err)
	}
	if err := lib.Rules.Limit(o.Act); err != nil {
		return nil, nil, err
	}
	if o.Policy != "" {
		a.policyFile = beside(file, o.Policy)
		if _, err := a.policy(); err != nil {
			return nil, nil, err
		}
	}
	if o.Notify != "" {
		if o.Tells, err = needsOf(beside(file, o.Notify)); err != nil {
			return nil, nil, a.wrongRules(err)
		}
	}
	files, err := deploy.NewWish(o, lib.Playbooks, lib.Rules).Render()
	return o, files, err
}

// needsOf is what the channels of a file need of AWS.
func needsOf(file string) (notify.Needs, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return notify.Needs{}, parry.Errorf(parry.Invalid, "the file of channels cannot be read: %w", err)
	}
	f, err := notify.Read(file, text)
	if err != nil {
		return notify.Needs{}, err
	}
	return f.Needs()
}

// bundled is what goes into the zip beside the binary.
func bundled(file string, o *deploy.Org) map[string]string {
	return map[string]string{"config/channels.yaml": beside(file, o.Notify), "config/rules": beside(file, o.Rules), "config/playbooks": beside(file, o.Playbooks), "config/policy.yaml": beside(file, o.Policy)}
}

// readOrg reads org.yaml.
func readOrg(file string) (*deploy.Org, error) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, parry.Errorf(parry.NotFound, "%w", err).WithHint("docs/deploy.md has one to begin with")
	case err != nil:
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	o, err := deploy.ReadOrg(file, text)
	return o, asInvalid(err)
}

// beside is a path that a file names: relative to its own folder.
func beside(file, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}
