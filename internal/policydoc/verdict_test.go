package policydoc

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

const own, stranger = "111122223333", "999999999999"

func viewer(t testing.TB, trusted ...string) Viewer {
	t.Helper()
	v, err := NewViewer(own, trusted)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func parse(t testing.TB, text string) *Document {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d
}

// worst is the verdict on a whole document.
func worst(fs []Judgement) Verdict {
	v := None
	for _, f := range fs {
		v = worse(v, f.Verdict)
	}
	return v
}

func anyHas(fs []Judgement, v Verdict) bool {
	return slices.ContainsFunc(fs, func(f Judgement) bool { return f.Has(v) })
}

// TestAWSsOwnVerdicts holds the reading to what AWS's pages say of a policy. "says" is what the page says of it.
func TestAWSsOwnVerdicts(t *testing.T) {
	text, err := os.ReadFile("testdata/aws.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name, Source, Says string
		Public             bool
		Verdict            Verdict
		Policy             json.RawMessage
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Run(r.Name, func(t *testing.T) {
			fs := parse(t, string(r.Policy)).Judge(viewer(t))
			if got := anyHas(fs, Public); got != r.Public {
				t.Errorf("public: %v; AWS says %v (%s)\n%+v", got, r.Public, r.Source, fs)
			}
			if got := worst(fs); got != r.Verdict {
				t.Errorf("verdict: %s, want %s: %+v", got, r.Verdict, fs)
			}
		})
	}
}

// one is a document of one Allow statement.
func oneStatement(principal, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Principal":` + principal + `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"` + condition + `}]}`
}

func TestVerdicts(t *testing.T) {
	const org = "o-a1b2c3d4e5"
	for _, c := range []struct {
		name, principal, condition string
		trusted                    []string
		want                       Verdict
	}{
		{"own role", `{"AWS":"arn:aws:iam::111122223333:role/path/r"}`, "", nil, Own},
		{"own assumed role", `{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"}`, "", nil, Own},
		{"foreign federated user", `{"AWS":"arn:aws:sts::999999999999:federated-user/u"}`, "", nil, Foreign},
		{"trusted account", `{"AWS":"999999999999"}`, "", []string{stranger}, Own},
		{"trusted account by root", `{"AWS":"999999999999"}`, "", []string{"arn:aws:iam::999999999999:root"}, Own},
		{"another partition", `{"AWS":"arn:aws-cn:iam::999999999999:root"}`, "", nil, Foreign},
		{"deleted user", `{"AWS":"AIDACKCEVSQ6C2EXAMPLE"}`, "", nil, None},
		{"deleted role and foreign", `{"AWS":["AROACKCEVSQ6C2EXAMPLE","999999999999"]}`, "", nil, Foreign},
		{"pattern of a principal", `{"AWS":"arn:aws:iam::111122223333:user/*"}`, "", nil, Unsure},
		{"nonsense", `{"AWS":"everybody"}`, "", nil, Unsure},
		{"canonical user", `{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, "", nil, Limited},
		{"origin access identity", `{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"}`, "", nil, Limited},
		{"service", `{"Service":"sns.amazonaws.com"}`, "", nil, Service},
		{"any service", `{"Service":"*"}`, "", nil, Unsure},
		{"service for a stranger", `{"Service":"s3.amazonaws.com"}`, `{"StringEquals":{"aws:SourceAccount":"999999999999"}}`, nil, Foreign},

		{"own account in spelling of its own", `"*"`, `{"stringequalsignorecase":{"AWS:principalaccount":"111122223333"}}`, nil, Own},
		{"foreign account by condition", `"*"`, `{"StringEquals":{"aws:PrincipalAccount":"999999999999"}}`, nil, Foreign},
		{"trusted organization", `"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"` + org + `"}}`, []string{org}, Own},
		{"another organization", `"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-zzzzzzzzzz"}}`, []string{org}, Foreign},
		{"path in the organization", `"*"`, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"` + org + `/r-ab12/ou-ab12-11111111/*"}}`, []string{org}, Own},
		{"pattern of organizations", `"*"`, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/r-ab12/*"}}`, []string{org}, Public},
		{"foreign account in trusted organization", `{"AWS":"999999999999"}`, `{"StringEquals":{"aws:PrincipalOrgID":"` + org + `"}}`, []string{org}, Own},
		{"foreign account from own VPC", `{"AWS":"999999999999"}`, `{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`, []string{"vpc-1"}, Foreign},
		{"fixed role", `"*"`, `{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r"}}`, nil, Own},
		{"own roles by pattern", `"*"`, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r*"}}`, nil, Unsure},
		{"roles of any account", `"*"`, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/r"}}`, nil, Public},
		{"one of the values is open", `"*"`, `{"StringLike":{"aws:PrincipalAccount":["111122223333","*"]}}`, nil, Public},
		{"bucket in any account", `"*"`, `{"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:bucket"}}`, nil, Unsure},
		{"topic of any account", `"*"`, `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}`, nil, Public},
		{"owner's organization by variable", `"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}}`, nil, Unsure},
		{"own organization of the caller", `"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"${aws:PrincipalOrgID}"}}`, nil, Public},

		{"if exists", `"*"`, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"` + org + `"}}`, []string{org}, Public},
		{"if exists, and it must", `"*"`, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"` + org + `"},"Null":{"aws:PrincipalOrgId":"false"}}`, []string{org}, Own},
		{"all of no values", `"*"`, `{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"` + org + `/*"}}`, []string{org}, Public},
		{"any of what may not be there", `"*"`, `{"ForAnyValue:StringLikeIfExists":{"aws:PrincipalOrgPaths":"` + org + `/*"}}`, []string{org}, Unsure},
		{"if exists of what every signed request has", `"*"`, `{"StringEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}}`, nil, Unsure},
		{"everyone but", `"*"`, `{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}`, nil, Public},
		{"all addresses but one", `"*"`, `{"NotIpAddress":{"aws:SourceIp":"192.0.2.1/32"}}`, nil, Public},
		{"any organization", `"*"`, `{"Null":{"aws:PrincipalOrgID":"false"}}`, nil, Public},
		{"TLS", `"*"`, `{"Bool":{"aws:SecureTransport":true}}`, nil, Public},
		{"referer", `"*"`, `{"StringLike":{"aws:Referer":["http://www.example.com/*"]}}`, nil, Public},
		{"MFA", `"*"`, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`, nil, Public},
		{"tag of the caller", `"*"`, `{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`, nil, Public},
		{"unknown key", `"*"`, `{"StringEquals":{"sns:Endpoint":"a@example.com"}}`, nil, Unsure},
		{"unknown operator", `"*"`, `{"StringMatches":{"aws:PrincipalOrgID":"` + org + `"}}`, nil, Unsure},
		{"unknown key beside one that restricts", `"*"`, `{"StringEquals":{"new:Key":"x","aws:PrincipalAccount":"111122223333"}}`, nil, Own},
		{"operator that does not suit", `"*"`, `{"StringEquals":{"aws:SourceIp":"192.0.2.0/24"}}`, nil, Unsure},
		{"no account id", `"*"`, `{"StringEquals":{"aws:SourceAccount":"1234"}}`, nil, Unsure},
		{"number", `"*"`, `{"StringEquals":{"aws:SourceAccount":111122223333}}`, nil, Own},
		{"narrow ranges, broad together", `"*"`, `{"IpAddress":{"aws:SourceIp":["3.0.0.0/8","52.0.0.0/8"]}}`, nil, Unsure},
		{"only AWS services", `"*"`, `{"Bool":{"aws:PrincipalIsAWSService":"true"}}`, nil, Service},
		{"KMS through a service of any account", `{"AWS":"*"}`, `{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}`, nil, Public},

		{"own SAML provider", `{"Federated":"arn:aws:iam::111122223333:saml-provider/p"}`, "", nil, Own},
		{"foreign SAML provider", `{"Federated":"arn:aws:iam::999999999999:saml-provider/p"}`, "", nil, Foreign},
		{"GitHub, one repository", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`,
			`{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:octo-org/octo-repo:*"}}`, nil, Limited},
		{"GitHub, any repository", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`,
			`{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}}`, nil, Unsure},
		{"GitHub, owners that begin so", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`,
			`{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:octo*"}}`, nil, Unsure},
		{"GitHub, audience only", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`,
			`{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`, nil, Unsure},
		{"Cognito, one pool", `{"Federated":"cognito-identity.amazonaws.com"}`, `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:1234"}}`, nil, Limited},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := parse(t, oneStatement(c.principal, c.condition)).Judge(viewer(t, c.trusted...))
			if fs[0].Verdict != c.want || fs[0].Why == "" {
				t.Errorf("%s, want %s: %s", fs[0].Verdict, c.want, fs[0].Why)
			}
		})
	}
}

func TestTheConfusedDeputyIsNoted(t *testing.T) {
	for condition, want := range map[string]bool{
		"": true,
		`{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:t"}}`:        false,
		`{"StringEquals":{"aws:SourceAccount":"111122223333"}}`:                       false,
		`{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}`:               true,
		`{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket"}}`:                         true, // says no account
		`{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`:                      true, // a service has none
		`{"ArnLike":{"aws:SourceArn":"arn:aws:execute-api:us-east-1:*:api/*/GET/x"}}`: true,
	} {
		f := parse(t, oneStatement(`{"Service":"sns.amazonaws.com"}`, condition)).Judge(viewer(t, "o-a1b2c3d4e5"))[0]
		if f.Verdict != Service || f.Deputy != want {
			t.Errorf("%s: %s, deputy %v, want %v", condition, f.Verdict, f.Deputy, want)
		}
	}
}

// TestDeny: a Deny counts where it is certain, and makes unsure where it is not.
func TestDeny(t *testing.T) {
	const org = "o-a1b2c3d4e5"
	allow := `{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}`
	for _, c := range []struct {
		name, deny string
		want       Verdict
	}{
		{"all", `"Principal":"*","Action":"s3:*","Resource":"*"`, None},
		{"all, in another spelling", `"Principal":{"AWS":["*"]},"Action":["S3:getobject","s3:put*"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`, None},
		{"all of S3, where more is allowed", `"Principal":"*","Action":"s3:*","Resource":"*"`, None},
		{"one of two actions", `"Principal":"*","Action":"s3:PutObject","Resource":"*"`, Public},
		{"a part of the objects", `"Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/private/*"`, Public},
		{"somebody", `"Principal":{"AWS":"999999999999"},"Action":"s3:*","Resource":"*"`, Public},
		{"all but some actions", `"Principal":"*","NotAction":"s3:ListBucket","Resource":"*"`, None},
		{"all but one of the actions", `"Principal":"*","NotAction":"s3:Get*","Resource":"*"`, Public},
		{"without TLS", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}`, Public},
		{"with TLS", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}`, Unsure},
		{"who is not of the organization", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"` + org + `"}}`, Own},
		{"who is not of the organization, if any", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"` + org + `"}}`, Own},
		{"who is of the organization", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"` + org + `"}}`, Public},
		{"neither organization nor addresses", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"` + org + `"},"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, Limited},
		{"neither organization nor service", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"` + org + `"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`, Service},
		{"without TLS, and not of the organization", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"` + org + `"},"Bool":{"aws:SecureTransport":"false"}}`, Public},
		{"not of an account", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"999999999999"}}`, Foreign},
		{"unknown key", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"new:Key":"x"}}`, Unsure},
		{"any of the organizations", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalOrgID":"o-*"}}`, Public},
		{"all but somebody", `"NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"`, Unsure},
		{"after a day", `"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}`, Unsure},
	} {
		t.Run(c.name, func(t *testing.T) {
			allow := allow
			if strings.Contains(c.name, "more is allowed") {
				allow = strings.Replace(allow, `["s3:GetObject","s3:PutObject"]`, `"*"`, 1)
			}
			d := parse(t, `{"Statement":[`+allow+`,{"Effect":"Deny",`+c.deny+`}]}`)
			if f := d.Judge(viewer(t, org))[0]; f.Verdict != c.want {
				t.Errorf("%s, want %s: %s", f.Verdict, c.want, f.Why)
			}
		})
	}
}

// TestADenyOnTheOneResource: "*" in the policy of a queue is that queue, which a Deny may name.
func TestADenyOnTheOneResource(t *testing.T) {
	for _, c := range []struct {
		allow, deny, condition string
		want                   Verdict
	}{
		{"*", "arn:aws:sqs:us-east-1:111122223333:q", `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, Unsure},
		{"arn:aws:sqs:*:*:q", "arn:aws:sqs:us-east-1:111122223333:q", `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, Unsure},
		{"*", "arn:aws:sqs:us-east-1:111122223333:q", `{"Bool":{"aws:SecureTransport":"false"}}`, Public},
		{"arn:aws:sqs:us-east-1:111122223333:q", "*", `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, Own},
		{"arn:aws:s3:::b*", "arn:aws:s3:::b/*", `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, Unsure},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b/x*", `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, Public},
	} {
		d := parse(t, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"`+c.allow+`"},`+
			`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"`+c.deny+`","Condition":`+c.condition+`}]}`)
		if f := d.Judge(viewer(t, "o-a1b2c3d4e5"))[0]; f.Verdict != c.want {
			t.Errorf("%s, %s: %s, want %s: %s", c.allow, c.deny, f.Verdict, c.want, f.Why)
		}
	}
}

func TestAViewerIsNamed(t *testing.T) {
	for _, c := range []struct {
		account, trusted, want string
	}{{"", own, "twelve digits"}, {"12345678901", own, "twelve digits"}, {own, "*", "cannot be trusted"}, {own, "", "cannot be trusted"}, {own, "arn:aws:iam::*:root", "cannot be trusted"}} {
		if _, err := NewViewer(c.account, []string{c.trusted}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, %q: %v", c.account, c.trusted, err)
		}
	}
}
