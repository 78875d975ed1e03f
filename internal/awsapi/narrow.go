package awsapi

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"parry"
)

// Narrow gives a configuration for what is no response and has its own few operations, such as publishing findings. It takes the
// role of that name in the target's account (--role parry-{playbook}, with the name for the playbook), in a session whose policy
// allows just the permissions; without a role it has the configuration's own credentials, for their own account only.
//
// Either way the configuration makes no other call than those that the permissions name: what it would write is not in any plan.
func (c *Cloud) Narrow(ctx context.Context, name string, t parry.Target, perms []parry.Permission) (aws.Config, error) {
	policy := parry.NewPolicy(perms).Compact()
	if len(policy) > sessionPolicyLimit {
		return aws.Config{}, parry.Errorf(parry.Refused, "the permissions of %s do not fit in a session policy of %d characters", name, sessionPolicyLimit)
	}
	if _, _, err := c.Who(ctx); err != nil {
		return aws.Config{}, err
	}
	// Not under the lock, which those who carry responses out need: they do not wait for this role. Who we are is known by now.
	h, err := c.open(ctx, name, t, "parry-"+name, policy)
	if err != nil {
		return aws.Config{}, err
	}
	cfg := h.cfg.Copy()
	cfg.Region = t.Region
	cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], func(s *middleware.Stack) error {
		return s.Initialize.Add(allow(perms), middleware.Before)
	})
	return cfg, nil
}

// allow refuses every operation that no permission names, before anything is sent. The second version of an operation needs the
// action of the first. Sources: BatchUpdateFindingsV2 and GetFindingsV2, Security Hub API Reference; ListFindingsV2 and GetFindingV2,
// "Actions, resources, and condition keys for AWS IAM Access Analyzer", Service Authorization Reference.
func allow(perms []parry.Permission) middleware.InitializeMiddleware {
	return middleware.InitializeMiddlewareFunc("ParryAllow", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		out middleware.InitializeOutput, md middleware.Metadata, err error) {
		op := prefixOf(middleware.GetServiceID(ctx)) + ":" + middleware.GetOperationName(ctx)
		for _, p := range perms {
			if p.Action == op || p.Action+"V2" == op {
				return next.HandleInitialize(ctx, in)
			}
		}
		return out, md, parry.Errorf(parry.Refused, "%s is not an operation that these credentials were taken for", op)
	})
}

// prefixOf is the prefix of a service's actions in IAM: its id in the SDK in small letters, but for some. Source: Service
// Authorization Reference.
func prefixOf(serviceID string) string {
	switch serviceID {
	case "AccessAnalyzer":
		return "access-analyzer"
	case "Config Service":
		return "config"
	}
	return strings.ToLower(serviceID)
}
