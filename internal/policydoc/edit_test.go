package policydoc

import (
	"strings"
	"testing"
)

func TestWhatIsTakenOut(t *testing.T) {
	const org = "o-a1b2c3d4e5"
	for _, c := range []struct{ name, in, public, foreign string }{
		{"everything", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}`, ``, `=`},
		{"one of three, with its comma and no more",
			"{\n \"Version\": \"2012-10-17\",\n \"Statement\": [\n  {\"Sid\":\"A\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":\"a:b\"},\n  {\"Sid\":\"B\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"a:b\"},\n  {\"Sid\":\"C\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"999999999999\"},\"Action\":\"a:b\",\"Condition\":{\"NumericLessThan\":{\"s3:TlsVersion\":1.20}}}\n ]\n}\n",
			"{\n \"Version\": \"2012-10-17\",\n \"Statement\": [\n  {\"Sid\":\"A\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":\"a:b\"},\n  {\"Sid\":\"C\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"999999999999\"},\"Action\":\"a:b\",\"Condition\":{\"NumericLessThan\":{\"s3:TlsVersion\":1.20}}}\n ]\n}\n", `=`},
		{"the last ones", `{"Statement":[{"Effect":"Deny","Principal":{"AWS":"999999999999"},"Action":"a:b"} , {"Effect":"Allow","Principal":"*","Action":"a:b"}, {"Effect":"Allow","Principal":"*","Action":"a:c"} ]}`,
			`{"Statement":[{"Effect":"Deny","Principal":{"AWS":"999999999999"},"Action":"a:b"} ]}`, `=`},
		{"a principal of a list", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":["999999999999", "*", "111122223333"]},"Action":"a:b"}]}`,
			`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["999999999999", "111122223333"]},"Action":"a:b"}]}`,
			`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*", "111122223333"]},"Action":"a:b"}]}`},
		{"a kind of principal", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com","AWS":["*"]},"Action":"a:b"}]}`,
			`{"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"a:b"}]}`, `=`},
		{"NotPrincipal", `{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"a:b"}]}`, ``, `=`},
		{"what is open of a condition", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:b","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24", "0.0.0.0/0"]}}}]}`,
			`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:b","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24"]}}}]}`, `=`},
		{"what is foreign of a condition", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"a:b","Condition":{"StringEquals":{"aws:SourceAccount":["999999999999","111122223333"]}}}]}`,
			`=`, `{"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"a:b","Condition":{"StringEquals":{"aws:SourceAccount":["111122223333"]}}}]}`},
		{"a stranger whom two conditions name", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:b","Condition":{"StringLike":{"aws:SourceArn":["arn:aws:sns:us-east-1:999999999999:t","arn:aws:s3:::b"]},"StringEquals":{"aws:PrincipalAccount":"999999999999"}}}]}`, `=`, ``},
		{"a condition that others have too is narrowed for the bad ones alone", `{"Statement":{"Sid":"A","Effect":"Allow","Principal":{"AWS":["111122223333","*"]},"Action":"a:b","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","0.0.0.0/0"]}}}}`,
			`{"Statement":[{"Sid":"A","Effect":"Allow","Principal":{"AWS":["111122223333"]},"Action":"a:b","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","0.0.0.0/0"]}}},` +
				`{"Sid":"A2","Effect":"Allow","Principal":{"AWS":["*"]},"Action":"a:b","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24"]}}}]}`, `=`},
		{"nothing of what is unsure", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:b","Condition":{"StringEquals":{"new:Key":"x"}}}]}`, `=`, `=`},
		{"nothing of the trusted", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:b","Condition":{"StringEquals":{"aws:PrincipalOrgID":"` + org + `"}}}]}`, `=`, `=`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parse(t, c.in)
			check := func(got, want string) {
				if want == "=" {
					want = c.in
				}
				if got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			}
			check(d.WithoutPublic(viewer(t, org)), c.public)
			check(d.WithoutForeign(viewer(t, org)), c.foreign)
		})
	}
}

func TestADenyIsAddedOnce(t *testing.T) {
	deny := `{"Sid":"Contain","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b"]}`
	one := `{"Sid":"A","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}`
	for _, c := range []struct{ name, in, want string }{
		{"of none", ``, `{"Version":"2012-10-17","Statement":[` + deny + `]}`},
		{"to a list", `{"Statement":[ ` + one + ` ]}`, `{"Statement":[ ` + one + `,` + deny + ` ]}`},
		{"to an empty list", `{"Statement":[]}`, `{"Statement":[` + deny + `]}`},
		{"to one alone", `{"Statement":` + one + `}`, `{"Statement":[` + one + `,` + deny + `]}`},
		{"that is there", `{"Statement":[` + one + `,` + deny + `]}`, `{"Statement":[` + one + `,` + deny + `]}`},
		{"that is there in AWS's spelling", `{"Statement":[{"Effect":"Deny","Sid":"Contain","Principal":"*","Action":["s3:*"],"Resource":"arn:aws:s3:::b"}]}`,
			`{"Statement":[{"Effect":"Deny","Sid":"Contain","Principal":"*","Action":["s3:*"],"Resource":"arn:aws:s3:::b"}]}`},
		{"that is there and says something else", `{"Statement":[{"Sid":"Contain","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"},` + one + `]}`, `{"Statement":[` + deny + `,` + one + `]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := WithDeny(c.in, deny)
			if err != nil || got != c.want {
				t.Fatalf("%v\n%s\nwant\n%s", err, got, c.want)
			}
			again, err := WithDeny(got, deny)
			if err != nil || again != got {
				t.Errorf("again: %v\n%s", err, again)
			}
			less, err := parse(t, got).WithoutSid("Contain")
			if err != nil || strings.Contains(less, "Contain") || strings.Contains(less, `"A"`) != strings.Contains(c.in, `"A"`) {
				t.Errorf("%v\n%s", err, less)
			}
		})
	}
	for in, want := range map[string]string{
		`{"Statement":[{"Sid":"Contain","Effect":"Allow","Principal":"*","Action":"*"}]}`: "is that of an Allow",
		`{"Statement":[` + deny + `,` + deny + `]}`:                                       "have the same Sid",
		`{`: "not JSON",
	} {
		if _, err := WithDeny(in, deny); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	for bad, want := range map[string]string{
		one: `"Effect": "Deny"`, `{"Effect":"Deny","Action":"*"}`: "a Sid", deny + `,` + deny: "2 statements", `{}`: "no Effect",
	} {
		if _, err := WithDeny("", bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestAdmins(t *testing.T) {
	for _, c := range []struct {
		name, statement string
		admin           bool
		without, narrow string // of the statement; narrowed to s3:Get*
	}{
		{"everything", `{"Effect":"Allow","Action":"*","Resource":"*"}`, true, ``, `{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}`},
		{"everything in another spelling", `{"Effect":"Allow","Action":["ec2:*","*:*"],"Resource":["arn:aws:s3:::b","*"]}`, true,
			`{"Effect":"Allow","Action":["ec2:*"],"Resource":["arn:aws:s3:::b","*"]}`, `{"Effect":"Allow","Action":["s3:Get*","ec2:*"],"Resource":["arn:aws:s3:::b","*"]}`},
		{"IAM", `{"Effect":"Allow","Action":"IAM:*","Resource":"*"}`, true, ``, `{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}`},
		{"IAM on all of IAM", `{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:*"}`, true, ``, `{"Effect":"Allow","Action":["s3:Get*"],"Resource":"arn:aws:iam::111122223333:*"}`},
		{"under a condition", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`, true, ``,
			`{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`},
		{"everything but", `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`, true, ``, `{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}`},
		{"everything but a part of IAM", `{"Effect":"Allow","NotAction":["iam:Delete*"],"Resource":"*"}`, true, ``, `{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}`},
		{"everything but IAM", `{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}`, false, `=`, `=`},
		{"on everything but", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b"}`, true, ``, `{"Effect":"Allow","Action":["s3:Get*"],"NotResource":"arn:aws:s3:::b"}`},
		{"on one bucket", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}`, false, `=`, `=`},
		{"one service", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, false, `=`, `=`},
		{"a part of IAM", `{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}`, false, `=`, `=`},
		{"a denial", `{"Effect":"Deny","Action":"*","Resource":"*"}`, false, `=`, `=`},
		{"a resource policy", `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`, false, `=`, `=`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rest := `,{"Sid":"Rest","Effect":"Allow","Action":"s3:Get*","Resource":"*"}`
			doc := func(s string) string { return strings.Replace(`{"Statement":[`+s+rest+`]}`, "[,", "[", 1) }
			d := parse(t, doc(c.statement))
			if got := len(d.Admins()) == 1; got != c.admin {
				t.Errorf("admin: %v", d.Admins())
			}
			for _, a := range d.Admins() {
				if a.Conditional != strings.Contains(c.statement, "Condition") {
					t.Errorf("%+v", a)
				}
			}
			want := func(s string) string { return doc(strings.Replace(s, "=", c.statement, 1)) }
			if got := d.WithoutAdmin(); got != want(c.without) {
				t.Errorf("without: %s, want %s", got, want(c.without))
			}
			narrowed, err := d.NarrowAdmin([]string{"s3:Get*"})
			if err != nil || narrowed != want(c.narrow) {
				t.Errorf("narrowed: %v %s, want %s", err, narrowed, want(c.narrow))
			}
			if left := parse(t, narrowed).Admins(); len(left) != 0 {
				t.Errorf("left: %+v", left)
			}
		})
	}
	for _, bad := range [][]string{nil, {"*"}, {"iam:*"}, {"i*:*"}, {"s3"}, {"s3:"}, {"s3:Get*", "*:*"}} {
		if got, err := parse(t, `{"Statement":[]}`).NarrowAdmin(bad); err == nil {
			t.Errorf("%v: %s", bad, got)
		}
	}
}

func TestRequireMFA(t *testing.T) {
	for _, keys := range []bool{false, true} {
		d := parse(t, RequireMFA("RequireMFA", keys))
		s := d.Statements[0]
		if s.Allow || !s.Actions.Not || s.Sid != "RequireMFA" || (s.Conditions[0].Operator == "BoolIfExists") != keys {
			t.Errorf("%+v", s)
		}
	}
}
