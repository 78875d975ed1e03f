package policydoc_test

import (
	"encoding/json"
	"strings"
	"testing"

	"parry/internal/judge"
	"parry/internal/policydoc"
)

// TestTheJudgeAgrees asks an evaluator that was not written here what a stranger may do under generated policies: one from an
// account that no policy names, who may do everything in his own account, and who comes in several ways. Whenever he is
// let in, the reading has to call the policy public or say that it is unsure; and what it calls public must let him in.
func TestTheJudgeAgrees(t *testing.T) {
	j := judge.Need(t)
	v, err := policydoc.NewViewer("111122223333", []string{policydoc.TrustedOrg})
	if err != nil {
		t.Fatal(err)
	}
	const documents = 150
	var requests []judge.Request
	var texts []string
	for seed := range documents {
		text := policydoc.Generated(seed)
		texts = append(texts, text)
		requests = append(requests, strangers(text)...)
	}
	verdicts, err := j.Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	each := len(requests) / documents
	let, kept := 0, 0
	var again []judge.Request
	for i, text := range texts {
		d, err := policydoc.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		said := map[policydoc.Verdict]bool{}
		for _, f := range d.Judge(v) {
			for _, a := range f.Access {
				said[a.Verdict] = true
			}
		}
		allowed := false
		for k, got := range verdicts[i*each : (i+1)*each] {
			if got.Result == judge.Invalid {
				t.Fatalf("the judge takes no %+v: %s", requests[i*each+k], got.Why)
			}
			allowed = allowed || got.Result == judge.Allowed
		}
		switch {
		case allowed && !said[policydoc.Public] && !said[policydoc.Unsure]:
			t.Errorf("the judge lets a stranger in, and it is called %v:\n%s", said, text)
		case !allowed && said[policydoc.Public]:
			t.Errorf("it is called public, and the judge keeps a stranger out:\n%s", text)
		}
		if allowed {
			let++
		} else {
			kept++
		}
		// What is left when the public part is out must keep him out, unless the reading is unsure.
		if left := d.WithoutPublic(v); left != "" && left != text && !said[policydoc.Unsure] {
			again = append(again, strangers(left)...)
		}
	}
	answers, err := j.Evaluate(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if a.Result == judge.Allowed {
			t.Errorf("a stranger is still let in, by %s:\n%s", a.Why, again[i].ResourcePolicy)
		}
	}
	t.Logf("let in by %d, kept out by %d, asked again %d times", let, kept, len(again))
	if let < 20 || kept < 15 || len(again) == 0 {
		t.Errorf("the policies show too little")
	}
}

func strangers(policy string) []judge.Request {
	all := json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	ways := []map[string][]string{
		{},
		{"aws:SourceIp": {"198.51.100.7"}, "aws:SecureTransport": {"true"}},
		{"aws:SourceIp": {"198.51.100.7"}, "aws:SecureTransport": {"true"}, "aws:PrincipalOrgID": {"o-8888888888"}, "aws:PrincipalOrgPaths": {"o-8888888888/r-1/"}},
		{"aws:SecureTransport": {"true"}, "aws:SourceVpc": {"vpc-8"}, "aws:VpcSourceIp": {"10.8.8.8"}},
		{"aws:SourceIp": {"198.51.100.7"}, "aws:SecureTransport": {"true"}, "aws:SourceAccount": {"888888888888"}, "aws:SourceArn": {"arn:aws:sns:us-east-1:888888888888:t"}},
		{"aws:SecureTransport": {"true"}, "aws:SourceVpc": {"vpc-8"}, "aws:SourceIp": {"198.51.100.7"}, "aws:PrincipalOrgID": {"o-8888888888"}, "aws:PrincipalOrgPaths": {"o-8888888888/r-1/"},
			"aws:SourceAccount": {"888888888888"}, "aws:SourceArn": {"arn:aws:sns:us-east-1:888888888888:t"}},
		{"aws:SourceIp": {"198.51.100.7"}, "aws:SecureTransport": {"false"}},
	}
	var requests []judge.Request
	for _, way := range ways {
		for _, call := range []string{"s3:GetObject b/x", "s3:GetObject b/y", "s3:PutObject b/x", "s3:PutObject b/y", "s3:DeleteObject b/y", "s3:GetObject c/z", "s3:DeleteObject c/z"} {
			action, object, _ := strings.Cut(call, " ")
			way := withPrincipal(way)
			requests = append(requests, judge.Request{Action: action, Resource: "arn:aws:s3:::" + object, ResourceAccount: "111122223333",
				Principal: "arn:aws:iam::888888888888:user/stranger", Context: way, Policies: []judge.Policy{{Name: "all", Document: all}},
				ResourcePolicy: json.RawMessage(policy)})
		}
	}
	return requests
}

func withPrincipal(way map[string][]string) map[string][]string {
	all := map[string][]string{
		"aws:PrincipalAccount": {"888888888888"}, "aws:PrincipalArn": {"arn:aws:iam::888888888888:user/stranger"}, "aws:PrincipalIsAWSService": {"false"},
	}
	for k, v := range way {
		all[k] = v
	}
	return all
}
