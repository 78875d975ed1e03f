package playbooks_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
)

// What AWS is at for minutes can fail at it. Somebody stops the runbook while it is waited for: the response fails at once and says so, where it
// would have waited for half an hour; and the next one does not start over what may have stopped half-way.
func TestWhatFailsWhileItIsWaitedForFailsTheResponse(t *testing.T) {
	stage := cases.NewTwin()
	began, account, failed := stage.Now(), "", false
	probe := cases.Probe{
		Skip: func(step string) bool { return step == "undo" },
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			inner := r.Sleep
			r.Sleep = func(ctx context.Context, d time.Duration) error {
				client := ssm.NewFromConfig(stage.Config(account, "us-east-1"))
				out, err := client.DescribeAutomationExecutions(ctx, &ssm.DescribeAutomationExecutionsInput{})
				if err != nil {
					t.Error(err)
				}
				for _, e := range out.AutomationExecutionMetadataList {
					if _, err := client.StopAutomationExecution(ctx, &ssm.StopAutomationExecutionInput{AutomationExecutionId: e.AutomationExecutionId}); err != nil {
						t.Error(err)
					}
				}
				return inner(ctx, d)
			}
		},
		Step: func(step string, r parry.Response) {
			switch step {
			case "planned":
				account = r.Target.Account
			case "applied":
				t.Error("it is applied")
			case "failed":
				failed = true
				if r.State != parry.Failed || !strings.Contains(r.Reason, "ended as Cancelled") {
					t.Errorf("it is %s: %s", r.State, r.Reason)
				}
				if took := stage.Now().Sub(began); took > time.Minute {
					t.Errorf("it was waited for %s", took)
				}
			}
		},
	}
	c := caseOf(t, "ssm-contain-user/contains")
	if _, err := cases.Run(t.Context(), c, stage, library(t), memory(t), probe); err != nil {
		t.Fatal(err)
	}
	if !failed {
		t.Fatal("the response did not fail")
	}
	out, err := ssm.NewFromConfig(stage.Config(account, "us-east-1")).DescribeAutomationExecutions(t.Context(), &ssm.DescribeAutomationExecutionsInput{})
	if err != nil || len(out.AutomationExecutionMetadataList) != 1 || aws.ToString(out.AutomationExecutionMetadataList[0].DocumentName) == "" {
		t.Errorf("%d runs, %v", len(out.AutomationExecutionMetadataList), err)
	}
}

// A worker dies right after it sent a command that takes a quarter of an hour. Whoever takes the response up finds the command on its way, sends
// no second one, and is done when the command is through, not before.
func TestWhatADeadWorkerBeganIsWaitedFor(t *testing.T) {
	stage, store := cases.NewTwin(), memory(t)
	stage.Org.SetDelay(15 * time.Minute)
	var heir parry.Responder
	var ended []ssmtypes.Command
	died := false
	res, err := cases.Run(t.Context(), caseOf(t, "host-isolate/isolates"), stage, library(t), store, cases.Probe{
		Skip: func(step string) bool { return step == "undo" },
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			heir = *r
			heir.Worker = "heir"
			r.Store, r.Actors = deadStore{store, &died}, dyingActors(r.Actors, 1, true, &died)
		},
		Heir: func() *parry.Responder {
			if err := stage.Sleep(t.Context(), 10*time.Minute); err != nil { // until the dead worker's lease has expired
				t.Fatal(err)
			}
			return &heir
		},
		Step: func(step string, r parry.Response) {
			if step != "applied" {
				return
			}
			out, err := ssm.NewFromConfig(stage.Config(r.Target.Account, "us-east-1")).ListCommands(t.Context(), &ssm.ListCommandsInput{})
			if err != nil {
				t.Fatal(err)
			}
			ended = out.Commands
		},
	})
	if err != nil || !res.OK() || !died {
		t.Fatalf("%v, %v, died: %v", err, res.Failed, died)
	}
	if len(ended) != 1 || ended[0].Status != ssmtypes.CommandStatusSuccess {
		t.Errorf("when the response was done, the commands were %+v", ended)
	}
}
