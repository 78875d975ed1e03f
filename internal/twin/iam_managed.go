package twin

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Quotas of customer managed policies. Source: "IAM and AWS STS quotas", IAM User Guide.
const (
	versionsPerPolicy = 5
	managedPolicySize = 6144
)

// managed is a customer's own managed policy.
type managed struct {
	view     iamtypes.Policy
	versions []version // in the order in which they were made
	current  string    // the default version's id
	made     int       // versions that there ever were: an id is never given again
}

type version struct {
	id       string
	document string
	made     time.Time
}

func iamManagedHandlers(t table) {
	on(t, "IAM", "CreatePolicy", createPolicy)
	on(t, "IAM", "GetPolicy", getPolicy)
	on(t, "IAM", "GetPolicyVersion", getPolicyVersion)
	on(t, "IAM", "ListPolicyVersions", listPolicyVersions)
	on(t, "IAM", "CreatePolicyVersion", createPolicyVersion)
	on(t, "IAM", "DeletePolicyVersion", deletePolicyVersion)
	on(t, "IAM", "SetDefaultPolicyVersion", setDefaultPolicyVersion)
	on(t, "IAM", "ListEntitiesForPolicy", listEntitiesForPolicy)
}

var policyARN = regexp.MustCompile(`^arn:aws:iam::(aws|\d{12}):policy/(?:[\x21-\x7e]+/)?([\w+=,.@-]+)$`)

// attachable gives the name of a managed policy. Those of AWS are all taken to exist.
func (s *iamState) attachable(arn string) (string, error) {
	m := policyARN.FindStringSubmatch(arn)
	if m == nil {
		return "", &iamtypes.InvalidInputException{Message: aws.String("ARN " + arn + " is not valid.")}
	}
	if _, ours := s.managed[arn]; m[1] != "aws" && !ours {
		return "", noEntity("Policy %s does not exist or is not attachable.", arn)
	}
	return m[2], nil
}

// ofAWS are the documents of those policies of AWS that are known here. Source: AWS Managed Policy Reference Guide.
func ofAWS(name string) (document string, ok bool) {
	document, ok = map[string]string{
		"AdministratorAccess":    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"IAMFullAccess":          `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]}`,
		"AWSDenyAll":             `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}`,
		"AmazonS3ReadOnlyAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}`,
	}[name]
	return document, ok
}

// policy finds a managed policy; one of AWS is made up of its document, in one version.
func (s *iamState) policy(arn string) (*managed, error) {
	if p, ok := s.managed[arn]; ok {
		return p, nil
	}
	m := policyARN.FindStringSubmatch(arn)
	if m == nil {
		return nil, &iamtypes.InvalidInputException{Message: aws.String("ARN " + arn + " is not valid.")}
	}
	document, known := ofAWS(m[2])
	if m[1] != "aws" {
		return nil, noEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if !known {
		return nil, fmt.Errorf("twin: the text of AWS's policy %s is not known here: add it to ofAWS", m[2])
	}
	return &managed{
		view:     iamtypes.Policy{Arn: aws.String(arn), PolicyName: aws.String(m[2]), Path: aws.String("/"), IsAttachable: true},
		versions: []version{{id: "v1", document: document}}, current: "v1",
	}, nil
}

// own finds a policy that can be changed.
func (s *iamState) own(arn *string) (*managed, error) {
	p, err := s.policy(aws.ToString(arn))
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(*arn, "arn:aws:iam::aws:") {
		return nil, reject("AccessDenied", "Access to the AWS managed policy %s is denied.", *arn)
	}
	return p, nil
}

func (p *managed) version(id *string) (*version, error) {
	for i := range p.versions {
		if p.versions[i].id == aws.ToString(id) {
			return &p.versions[i], nil
		}
	}
	return nil, noEntity("Policy %s version %s does not exist or is not attachable.", *p.view.Arn, aws.ToString(id))
}

func (p *managed) add(r *request, document string) *version {
	p.made++
	p.versions = append(p.versions, version{id: fmt.Sprintf("v%d", p.made), document: document, made: r.now})
	return &p.versions[len(p.versions)-1]
}

// shown is the policy as it is told: with how often it is used.
func (p *managed) shown(s *iamState) *iamtypes.Policy {
	v := p.view
	v.DefaultVersionId = aws.String(p.current)
	attached, bounds := int32(0), int32(0)
	for _, u := range s.usesOf(*p.view.Arn) {
		if u.bound {
			bounds++
		} else {
			attached++
		}
	}
	v.AttachmentCount, v.PermissionsBoundaryUsageCount = aws.Int32(attached), aws.Int32(bounds)
	return &v
}

func checkManaged(document string) error {
	if problem := checkPolicy(document, identityPolicy); problem != "" {
		return &iamtypes.MalformedPolicyDocumentException{Message: aws.String(problem)}
	}
	if policySize(document) > managedPolicySize {
		return overLimit("Cannot exceed quota for PolicySize: %d", managedPolicySize)
	}
	return nil
}

func createPolicy(r *request, in *iam.CreatePolicyInput) (*iam.CreatePolicyOutput, error) {
	path, err := nameAndPath("policyName", in.PolicyName, in.Path, 128)
	if err != nil {
		return nil, err
	}
	if err := checkManaged(*in.PolicyDocument); err != nil {
		return nil, err
	}
	s := &r.acct.iam
	arn := "arn:aws:iam::" + r.acct.id + ":policy" + path + *in.PolicyName
	if _, again := s.managed[arn]; again {
		return nil, entityExists("A policy called %s already exists. Duplicate names are not allowed.", *in.PolicyName)
	}
	p := &managed{view: iamtypes.Policy{
		Arn: aws.String(arn), PolicyName: aws.String(*in.PolicyName), Path: aws.String(path), IsAttachable: true,
		PolicyId: aws.String(r.org.uniqueID("ANPA")), CreateDate: aws.Time(r.now),
	}}
	p.current = p.add(r, *in.PolicyDocument).id
	if s.managed == nil {
		s.managed = map[string]*managed{}
	}
	s.managed[arn] = p
	return &iam.CreatePolicyOutput{Policy: p.shown(s)}, nil
}

func getPolicy(r *request, in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	p, err := r.acct.iam.policy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyOutput{Policy: p.shown(&r.acct.iam)}, nil
}

// told is a version as it is told; the document only where a single one is asked for.
func (p *managed) told(v version, document bool) iamtypes.PolicyVersion {
	out := iamtypes.PolicyVersion{VersionId: aws.String(v.id), IsDefaultVersion: v.id == p.current, CreateDate: aws.Time(v.made)}
	if document {
		out.Document = encodePolicy(v.document)
	}
	return out
}

func getPolicyVersion(r *request, in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	p, err := r.acct.iam.policy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	v, err := p.version(in.VersionId)
	if err != nil {
		return nil, err
	}
	out := p.told(*v, true)
	return &iam.GetPolicyVersionOutput{PolicyVersion: &out}, nil
}

func listPolicyVersions(r *request, in *iam.ListPolicyVersionsInput) (*iam.ListPolicyVersionsOutput, error) {
	p, err := r.acct.iam.policy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	var all []iamtypes.PolicyVersion
	for _, v := range slices.Backward(p.versions) { // the newest first
		all = append(all, p.told(v, false))
	}
	return &iam.ListPolicyVersionsOutput{Versions: all}, nil
}

func createPolicyVersion(r *request, in *iam.CreatePolicyVersionInput) (*iam.CreatePolicyVersionOutput, error) {
	p, err := r.acct.iam.own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if err := checkManaged(*in.PolicyDocument); err != nil {
		return nil, err
	}
	if len(p.versions) >= versionsPerPolicy {
		return nil, overLimit("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", versionsPerPolicy)
	}
	v := p.add(r, *in.PolicyDocument)
	if in.SetAsDefault {
		p.current = v.id
	}
	out := p.told(*v, false)
	return &iam.CreatePolicyVersionOutput{PolicyVersion: &out}, nil
}

func deletePolicyVersion(r *request, in *iam.DeletePolicyVersionInput) (*iam.DeletePolicyVersionOutput, error) {
	p, err := r.acct.iam.own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if _, err := p.version(in.VersionId); err != nil {
		return nil, err
	}
	if *in.VersionId == p.current {
		return nil, &iamtypes.DeleteConflictException{Message: aws.String("Cannot delete the default version of a policy.")}
	}
	p.versions = slices.DeleteFunc(p.versions, func(v version) bool { return v.id == *in.VersionId })
	return &iam.DeletePolicyVersionOutput{}, nil
}

func setDefaultPolicyVersion(r *request, in *iam.SetDefaultPolicyVersionInput) (*iam.SetDefaultPolicyVersionOutput, error) {
	p, err := r.acct.iam.own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if _, err := p.version(in.VersionId); err != nil {
		return nil, err
	}
	p.current = *in.VersionId
	return &iam.SetDefaultPolicyVersionOutput{}, nil
}

// use is one place where a managed policy stands: attached, or as a boundary.
type use struct {
	kind, name, id string
	bound          bool
}

func (s *iamState) usesOf(arn string) []use {
	var all []use
	see := func(kind, name string, id *string, g grants, b *iamtypes.AttachedPermissionsBoundary) {
		if _, ok := g.attached[arn]; ok {
			all = append(all, use{kind, name, *id, false})
		}
		if b != nil && *b.PermissionsBoundaryArn == arn {
			all = append(all, use{kind, name, *id, true})
		}
	}
	for n, u := range s.users {
		see("user", n, u.view.UserId, u.grants, u.view.PermissionsBoundary)
	}
	for n, found := range s.roles {
		see("role", n, found.view.RoleId, found.grants, found.view.PermissionsBoundary)
	}
	for n, g := range s.groups {
		see("group", n, g.view.GroupId, g.grants, nil)
	}
	slices.SortFunc(all, func(a, b use) int { return strings.Compare(a.kind+a.name, b.kind+b.name) })
	return all
}

func listEntitiesForPolicy(r *request, in *iam.ListEntitiesForPolicyInput) (*iam.ListEntitiesForPolicyOutput, error) {
	if _, err := r.acct.iam.policy(*in.PolicyArn); err != nil {
		return nil, err
	}
	out := &iam.ListEntitiesForPolicyOutput{}
	for _, u := range r.acct.iam.usesOf(*in.PolicyArn) {
		if in.PolicyUsageFilter == iamtypes.PolicyUsageTypePermissionsBoundary && !u.bound || in.PolicyUsageFilter == iamtypes.PolicyUsageTypePermissionsPolicy && u.bound {
			continue
		}
		switch u.kind {
		case "user":
			out.PolicyUsers = append(out.PolicyUsers, iamtypes.PolicyUser{UserName: aws.String(u.name), UserId: aws.String(u.id)})
		case "role":
			out.PolicyRoles = append(out.PolicyRoles, iamtypes.PolicyRole{RoleName: aws.String(u.name), RoleId: aws.String(u.id)})
		default:
			out.PolicyGroups = append(out.PolicyGroups, iamtypes.PolicyGroup{GroupName: aws.String(u.name), GroupId: aws.String(u.id)})
		}
	}
	return out, nil
}
