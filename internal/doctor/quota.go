package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"parry"
	"parry/internal/dynamo"
)

// workers is how many functions a deployment runs at once when a storm comes: fifty workers, as hub.json scales them, and ten of the others.
const workers = 60

func lookAtRolesQuota(ctx context.Context, p *place) ([]Finding, error) {
	out, err := iam.NewFromConfig(p.cfg).GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return nil, err
	}
	has, most := int(out.SummaryMap["Roles"]), int(out.SummaryMap["RolesQuota"])
	if most == 0 {
		return []Finding{{Status: Unknown, What: "IAM does not say how many roles the account may have", Fix: "aws iam get-account-summary"}}, nil
	}
	more := 0
	if len(p.want.roles) > 0 {
		all, err := p.identities(ctx)
		if err != nil {
			return nil, err
		}
		for _, w := range p.want.roles {
			if _, is := all.roles[w.name]; !is {
				more++
			}
		}
	}
	fix := "ask for more roles in Service Quotas (aws service-quotas list-service-quotas --service-code iam --region us-east-1 has the code); or use fewer playbooks"
	switch {
	case has+more > most:
		return []Finding{risk(fix, "the account has %d roles of %d, and %d more are needed", has, most, more)}, nil
	case has+more > most*9/10:
		return []Finding{risk(fix, "the account has %d roles of %d, with %d more to come", has, most, more)}, nil
	}
	return []Finding{ok("the account has %d roles of %d", has, most)}, nil
}

func lookAtConcurrency(ctx context.Context, p *place) ([]Finding, error) {
	out, err := lambda.NewFromConfig(p.cfg).GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return nil, err
	}
	if out.AccountLimit == nil {
		return []Finding{{Status: Unknown, What: "Lambda does not say how many functions may run at once", Fix: "aws lambda get-account-settings" + p.regionFlag()}}, nil
	}
	if free := aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions); free < workers {
		return []Finding{risk("ask for more: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000"+p.regionFlag(),
			"Lambda runs %d functions of the account at once, %d of them for anybody; a storm of findings wants %d", out.AccountLimit.ConcurrentExecutions, free, workers)}, nil
	}
	return []Finding{ok("Lambda runs %d functions of the account at once", out.AccountLimit.ConcurrentExecutions)}, nil
}

// lookAtTable asks package dynamo, which knows what a store needs.
func lookAtTable(ctx context.Context, p *place) ([]Finding, error) {
	table := p.Table
	if p.Org != nil {
		table = p.Org.Table()
	}
	lacks, err := dynamo.Check(ctx, p.cfg, table)
	var none *types.ResourceNotFoundException
	switch {
	case errors.As(err, &none):
		fix := "parry store create --table " + table
		if p.Org != nil {
			fix = "deploy hub.json in the hub"
		}
		return []Finding{missing(fix, "there is no table %s", table)}, nil
	case err != nil && parry.KindOf(err) == parry.Invalid && code(err) == "":
		return []Finding{risk(parry.HintOf(err), "%v", err)}, nil
	case err != nil:
		return nil, err
	}
	var found []Finding
	for _, l := range lacks {
		found = append(found, risk("'aws dynamodb update-table', 'update-continuous-backups' or 'update-time-to-live' for the table "+table+p.regionFlag(), "the table %s: %s", table, l))
	}
	if len(found) == 0 {
		found = []Finding{ok("the table %s is as it should be", table)}
	}
	return found, nil
}
