package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/desk"
	"parry/internal/notify"
	"parry/internal/signin"
)

func (a *app) notifyCommand() *cobra.Command {
	c := &cobra.Command{Use: "notify", Short: "Check the file of channels, and try a channel"}
	c.AddCommand(&cobra.Command{
		Use:   "check FILE",
		Short: "Say what is wrong with a file of channels, with line and column, and whether its secrets are there",
		Long:  "Reads a file of channels and the secrets that it names. It tells nobody anything, and shows no secret.",
		Args:  args(cobra.ExactArgs(1), "parry notify check FILE"),
		RunE: func(cmd *cobra.Command, given []string) error {
			a.channels = given[0]
			if _, err := a.openChannels(cmd.Context(), nil); err != nil {
				return a.wrongRules(err)
			}
			fmt.Fprintf(a.stdout, "%s is in order\n", given[0])
			return nil
		},
	}, &cobra.Command{
		Use:   "test CHANNEL",
		Short: "Send a message that says that it is a test to a channel",
		Args:  args(cobra.ExactArgs(1), "parry notify test CHANNEL --channels FILE"),
		RunE: func(cmd *cobra.Command, given []string) error {
			if a.channels == "" {
				return parry.Errorf(parry.Invalid, "there is no file of channels").WithHint("say which: --channels FILE, or PARRY_CHANNELS")
			}
			n, err := a.openChannels(cmd.Context(), nil)
			if err != nil {
				return a.wrongRules(err)
			}
			if err := n.Test(cmd.Context(), given[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s has taken the test message\n", given[0])
			return nil
		},
	})
	return c
}

// openChannels opens the channels of the file.
func (a *app) openChannels(ctx context.Context, store notify.Memory) (*notify.Notifier, error) {
	text, err := os.ReadFile(a.channels)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "the file of channels cannot be read: %w", err)
	}
	file, err := notify.Read(a.channels, text)
	if err != nil {
		return nil, err
	}
	cfg, err := a.aws(ctx)
	if err != nil {
		return nil, err
	}
	return notify.New(ctx, file, notify.Options{
		Store: store, Now: time.Now, Log: a.log, Link: a.page, Secrets: assemble.Secrets(a.env, cfg), Count: a.counted,
		AWS: func(_ context.Context, region string) (aws.Config, error) {
			at := cfg.Copy()
			at.Region = region
			return at, nil
		},
	})
}

// unopened are the channels of a process that leaves telling to others. Which news goes to whom has to be known all the same.
func (a *app) unopened() (*notify.Notifier, error) {
	text, err := os.ReadFile(a.channels)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "the file of channels cannot be read: %w", err)
	}
	file, err := notify.Read(a.channels, text)
	if err != nil {
		return nil, err
	}
	return notify.Unopened(file, notify.Options{Now: time.Now}), nil
}

// page is the address of a response in the console, and of all of them for ""; empty where it is not known where people reach the console.
func (a *app) page(response string) string {
	if a.consoleURL == "" {
		return ""
	}
	at, err := url.JoinPath(a.consoleURL, "responses", response)
	if err != nil {
		return ""
	}
	return at
}

// clicks are people's words in Slack.
type clicks struct {
	handler http.Handler // nil where no channel takes any
	end     func()       // waits for what is worked on, as long as the grace allows
}

// clicks takes them at the desk, as the console takes people's words.
func (a *app) clicks(ctx context.Context, d *desk.Desk, grace time.Duration) clicks {
	if a.notifier == nil {
		return clicks{end: func() {}}
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	actions := a.notifier.Actions(work, deskWords{d}, d.Engine.Store)
	if actions == nil {
		stop()
		return clicks{end: func() {}}
	}
	return clicks{actions, func() {
		over := time.AfterFunc(grace, stop)
		actions.Wait()
		over.Stop()
		stop()
	}}
}

// deskWords takes the words of people whom a channel vouches for. Whether they are among those who may say yes to a response, the policy says.
type deskWords struct{ desk *desk.Desk }

func (deskWords) person(ctx context.Context, v parry.Vote) context.Context {
	return signin.With(ctx, signin.Person{ID: v.By, Name: v.By, Role: signin.Approver, Via: "slack"})
}

// Approve implements notify.Decider.
func (w deskWords) Approve(ctx context.Context, id string, v parry.Vote) (parry.Response, error) {
	return w.desk.Approve(w.person(ctx, v), id, v.Digest, v.Comment)
}

// Reject implements notify.Decider.
func (w deskWords) Reject(ctx context.Context, id string, v parry.Vote) (parry.Response, error) {
	return w.desk.Reject(w.person(ctx, v), id, v.Digest, v.Comment)
}
