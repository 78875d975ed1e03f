package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	settings "parry/internal/config"
	"parry/internal/notify"
	"parry/internal/orgs"
	"parry/internal/render"
	"parry/internal/rules"
)

// app is what the commands share.
type app struct {
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	code           int

	configFile, db, role, playbookDir, ruleDir, org, policyFile, auditKey, auditBucket, writeBack, link, server, tokenFile string

	act, tier string // which rules may act, and the highest tier: see config.Settings

	lake settings.Lake

	channels, consoleURL string                     // the file of channels, and where people reach the console
	tellsNobody          bool                       // people are told by another process
	notifier             *notify.Notifier           // the channels, once they are open; nil where there are none
	counted              func(channel, what string) // counts what is told; nil where nobody does
	log                  *slog.Logger               // of a server; nil for a command, which says what went wrong by itself

	lease  time.Duration
	warn   func(error) // tells what went wrong beside the work; nil for a message
	lastly func()      // what is to be done before the store is closed; nil for nothing

	json, plain bool
}

// command makes the tree of commands.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "parry",
		Short: "Automated security response for AWS",
		Long: "Parry takes security events, works out what would put things right, shows it as a plan, decides by tier whether to do it,\n" +
			"ask, or only tell, does it with credentials that can do nothing else, checks that it worked, and can take it back.",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentPreRunE = a.settle
	a.act, a.tier, a.consoleURL = a.env("PARRY_ACT"), a.env("PARRY_TIER"), a.env("PARRY_CONSOLE_URL")
	f := root.PersistentFlags()
	f.StringVar(&a.configFile, "config", a.env("PARRY_CONFIG"), "a file of settings, such as parry.yaml (PARRY_CONFIG); flags and the environment are above it")
	f.StringVar(&a.db, "db", a.env("PARRY_DB"), "the store of responses: a file, or dynamodb:TABLE (PARRY_DB; default: parry/parry.db in the user's state folder)")
	f.StringVar(&a.role, "role", a.env("PARRY_ROLE"), "the role to take in each account, such as parry-{playbook} (PARRY_ROLE); without it the environment's own credentials are used, in their own account only")
	f.StringVar(&a.playbookDir, "playbooks", a.env("PARRY_PLAYBOOKS"), "a folder of playbooks beside the embedded ones (PARRY_PLAYBOOKS)")
	f.StringVar(&a.ruleDir, "rules", a.env("PARRY_RULES"), "a folder of rules in the place of the embedded ones (PARRY_RULES)")
	f.StringVar(&a.org, "org", a.env("PARRY_ORG"), "where accounts stand in the organization, for rules that speak of OUs: a file, or \"aws\" to ask AWS Organizations (PARRY_ORG)")
	f.StringVar(&a.policyFile, "policy", a.env("PARRY_POLICY"), "the policy file: who says yes, what is never touched, how much is done by itself, and when (PARRY_POLICY)")
	f.StringVar(&a.auditKey, "audit-key", a.env("PARRY_AUDIT_KEY"), "the key that signs the log of all records, a file or kms:KEY-ARN; with it, what applies or undoes makes a checkpoint at its end (PARRY_AUDIT_KEY)")
	f.StringVar(&a.writeBack, "writeback", a.env("PARRY_WRITEBACK"), "tell Security Hub what became of its findings: own, or the administrator's ACCOUNT/REGION (PARRY_WRITEBACK)")
	f.StringVar(&a.link, "link", a.env("PARRY_LINK"), "an address that the notes in Security Hub point to (PARRY_LINK)")
	f.StringVar(&a.server, "server", a.env("PARRY_SERVER"), "where to ask from afar, for list, show, approve, reject and undo (PARRY_SERVER): the door of a deployment on AWS, with requests that are signed with your AWS credentials, or the address of a console, with a token, and there for stop, start and stats, too")
	f.StringVar(&a.tokenFile, "server-token-file", a.env("PARRY_SERVER_TOKEN_FILE"), "the file that holds the token for the console of --server (PARRY_SERVER_TOKEN_FILE); or set PARRY_SERVER_TOKEN to the token itself")
	f.StringVar(&a.channels, "channels", a.env("PARRY_CHANNELS"), "the file of channels: who is told what becomes of responses (PARRY_CHANNELS)")
	f.BoolVar(&a.json, "json", false, "write JSON, one object a line, for machines")
	f.BoolVar(&a.plain, "no-color", a.env("NO_COLOR") != "", "no colours (NO_COLOR); a pipe gets none anyway")
	root.AddCommand(
		a.demoCommand(), a.respondCommand(), a.findingCommand(), a.undoCommand(), a.showCommand(), a.listCommand(),
		a.playbookCommand(), a.ruleCommand(), a.testCommand(), a.coverageCommand(), a.publishCommand(), a.backtestCommand(),
		a.serveCommand(), a.lambdaCommand(), a.deployCommand(), a.doctorCommand(), a.configCommand(),
		a.approveCommand(), a.rejectCommand(), a.stopCommand(), a.startCommand(), a.policyCommand(),
		a.sweepCommand(), a.backfillCommand(), a.statsCommand(), a.auditCommand(), a.storeCommand(), a.tokenCommand(),
		a.versionCommand(), a.manCommand(),
		a.reportCommand(), a.watchCommand(), a.notifyCommand(),
	)
	a.completions(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return parry.Errorf(parry.Invalid, "%v", err).WithHint("'parry help' shows what there is")
	})
	return root
}

// args checks the number of arguments, with an error of our kind.
func args(check cobra.PositionalArgs, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			return parry.Errorf(parry.Invalid, "%v", err).WithHint("%s", usage)
		}
		return nil
	}
}

// style is plain where the output is no terminal.
func (a *app) style() render.Style {
	f, ok := a.stdout.(*os.File)
	return render.Style{Colour: ok && !a.plain && a.env("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))}
}

// encode writes one JSON object on a line.
func (a *app) encode(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// library loads playbooks and rules.
func (a *app) library() (*assemble.Library, error) {
	lib, err := assemble.NewLibrary(a.playbookDir, a.ruleDir)
	if err != nil && parry.KindOf(err) == parry.Fault {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	if err != nil {
		return nil, err
	}
	return lib, a.limit(lib)
}

// limit holds the rules to what the settings say of all of them.
func (a *app) limit(lib *assemble.Library) error {
	if a.tier != "" {
		highest, ok := rules.TierOf(a.tier)
		if !ok {
			return parry.Errorf(parry.Invalid, "there is no tier %q", a.tier).WithHint("it is auto, approve or alert")
		}
		lib.Rules.Lower(highest)
	}
	return lib.Rules.Limit(strings.FieldsFunc(a.act, func(r rune) bool { return r == ',' || r == ' ' }))
}

// responder connects to whatever AWS the environment names.
func (a *app) responder(ctx context.Context, lib *assemble.Library, store parry.Store, watch func(parry.Response, parry.Record)) (*parry.Responder, *awsapi.Cloud, error) {
	cfg, err := a.aws(ctx)
	if err != nil {
		return nil, nil, err
	}
	org, err := a.organization(ctx)
	if err != nil {
		return nil, nil, err
	}
	guard, err := a.policy()
	if err != nil {
		return nil, nil, err
	}
	r, cloud := lib.Responder(cfg, store, assemble.Options{Role: a.role, Org: org, Watch: watch, Guard: &guard})
	r.Lease = a.lease
	return r, cloud, a.tell(ctx, r, cloud)
}

// policy reads the policy file; without one it is what holds where nothing is said.
func (a *app) policy() (parry.GuardPolicy, error) {
	if a.policyFile == "" {
		return parry.DefaultGuardPolicy(), nil
	}
	text, err := os.ReadFile(a.policyFile)
	if err != nil {
		return parry.GuardPolicy{}, parry.Errorf(parry.Invalid, "the policy cannot be read: %w", err)
	}
	guard, err := rules.ReadPolicy(a.policyFile, text)
	return guard, asInvalid(err)
}

// aws is the configuration of whatever AWS the environment names.
func (a *app) aws(ctx context.Context) (aws.Config, error) {
	// The SDK's own client: a plain http.Client cannot take AWS_CA_BUNDLE.
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(awshttp.NewBuildableClient()))
	if err != nil {
		return cfg, parry.Errorf(parry.Invalid, "the AWS configuration of the environment cannot be read: %w", err)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1" // only global services are asked there; every call goes to its target's Region
	}
	cfg.AppID = "parry"
	return cfg, nil
}

// askAWS is what --org says in the place of a file.
const askAWS = "aws"

// organization is what --org names; nil for nothing.
func (a *app) organization(ctx context.Context) (parry.Org, error) {
	switch a.org {
	case "":
		return nil, nil
	case askAWS:
		cfg, err := a.aws(ctx)
		if err != nil {
			return nil, err
		}
		return orgs.New(cfg, time.Now), nil
	}
	file, err := orgs.Open(a.org)
	if err != nil {
		return nil, err // not a nil file, which would be an organization without accounts
	}
	return file, nil
}

// yes asks a question on the terminal. Without one nobody can answer, and nobody did.
func (a *app) yes(question string) (bool, error) {
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, parry.Errorf(parry.Refused, "nobody can be asked here, as standard input is no terminal").WithHint("read the plan, then say --yes")
	}
	if _, err := io.WriteString(a.stdout, question+" Only 'yes' is a yes: "); err != nil {
		return false, err
	}
	// A byte at a time: what is typed after the line is not ours.
	var line strings.Builder
	b := make([]byte, 1)
	for {
		n, err := a.stdin.Read(b)
		if n == 1 && b[0] == '\n' || err != nil {
			break
		}
		line.Write(b[:n])
	}
	return strings.TrimSpace(line.String()) == "yes", nil
}
