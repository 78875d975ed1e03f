package twin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// newGrant writes a permission as the statement that AWS makes of it.
func newGrant(resource string, in *lambda.AddPermissionInput) grant {
	g := grant{Sid: *in.StatementId, Effect: "Allow", Action: *in.Action, Resource: resource, Condition: map[string]map[string]string{}}
	switch p := *in.Principal; {
	case p == "*":
		g.Principal = p
	case strings.Contains(p, ".amazonaws.com"):
		g.Principal = map[string]string{"Service": p}
	case accountID.MatchString(p):
		g.Principal = map[string]string{"AWS": "arn:aws:iam::" + p + ":root"}
	default:
		g.Principal = map[string]string{"AWS": p}
	}
	var authType *string
	if in.FunctionUrlAuthType != "" {
		authType = aws.String(string(in.FunctionUrlAuthType))
	}
	var byURL *string
	if in.InvokedViaFunctionUrl != nil {
		byURL = aws.String(strconv.FormatBool(*in.InvokedViaFunctionUrl))
	}
	for _, c := range []struct {
		operator, key string
		value         *string
	}{
		{"StringEquals", "AWS:SourceAccount", in.SourceAccount},
		{"ArnLike", "AWS:SourceArn", in.SourceArn},
		{"StringEquals", "aws:PrincipalOrgID", in.PrincipalOrgID},
		{"StringEquals", "lambda:FunctionUrlAuthType", authType},
		{"Bool", "lambda:InvokedViaFunctionUrl", byURL},
	} {
		if c.value == nil {
			continue
		}
		if g.Condition[c.operator] == nil {
			g.Condition[c.operator] = map[string]string{}
		}
		g.Condition[c.operator][c.key] = *c.value
	}
	return g
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// policyOf finds the policy of a function, a version or an alias. Its qualifier may stand behind the name.
func (r *request) policyOf(id, qualifier *string) (*functionPolicy, string, error) {
	f, err := r.function(id)
	if err != nil {
		return nil, "", err
	}
	q := aws.ToString(qualifier)
	if q == "" {
		q = functionID.FindStringSubmatch(*id)[4]
	}
	if q == "$LATEST" {
		q = ""
	}
	resource := *f.view.FunctionArn
	if q != "" {
		if resource += ":" + q; !f.has(q) {
			return nil, "", noFunction("Function not found: %s", resource)
		}
	}
	if f.policies == nil {
		f.policies = map[string]*functionPolicy{}
	}
	if f.policies[q] == nil {
		f.policies[q] = &functionPolicy{}
	}
	return f.policies[q], resource, nil
}

// latest refuses a change of a policy that is not as its changer saw it.
func (p *functionPolicy) latest(revision *string) error {
	if revision != nil && *revision != p.revision {
		return &lambdatypes.PreconditionFailedException{Type: aws.String("User"), Message: aws.String("The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to retrieve the latest RevisionId")}
	}
	return nil
}

func (p *functionPolicy) index(sid string) int {
	return slices.IndexFunc(p.grants, func(g grant) bool { return g.Sid == sid })
}

func addPermission(r *request, in *lambda.AddPermissionInput) (*lambda.AddPermissionOutput, error) {
	p, resource, err := r.policyOf(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if err := p.latest(in.RevisionId); err != nil {
		return nil, err
	}
	if p.index(*in.StatementId) >= 0 {
		return nil, &lambdatypes.ResourceConflictException{Type: aws.String("User"), Message: aws.String(fmt.Sprintf("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", *in.StatementId))}
	}
	g := newGrant(resource, in)
	b, err := json.Marshal(g)
	if err != nil {
		return nil, err
	}
	p.grants, p.revision = append(p.grants, g), r.org.uuid()
	return &lambda.AddPermissionOutput{Statement: aws.String(string(b))}, nil
}

func removePermission(r *request, in *lambda.RemovePermissionInput) (*lambda.RemovePermissionOutput, error) {
	p, resource, err := r.policyOf(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	at := p.index(*in.StatementId)
	if at < 0 {
		return nil, noFunction("Statement %s is not found in resource policy of %s.", *in.StatementId, resource)
	}
	if err := p.latest(in.RevisionId); err != nil {
		return nil, err
	}
	p.grants, p.revision = slices.Delete(p.grants, at, at+1), r.org.uuid()
	return &lambda.RemovePermissionOutput{}, nil
}

func getFunctionPolicy(r *request, in *lambda.GetPolicyInput) (*lambda.GetPolicyOutput, error) {
	p, _, err := r.policyOf(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if len(p.grants) == 0 {
		return nil, noFunction("The resource you requested does not exist.")
	}
	b, err := json.Marshal(struct {
		Version   string
		ID        string `json:"Id"`
		Statement []grant
	}{"2012-10-17", "default", p.grants})
	if err != nil {
		return nil, err
	}
	return &lambda.GetPolicyOutput{Policy: aws.String(string(b)), RevisionId: aws.String(p.revision)}, nil
}
