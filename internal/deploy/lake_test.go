package deploy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"parry/internal/assemble"
	"parry/internal/deploy"
)

// A source of Security Lake that is wanted is told how to make; one that is there the clock writes to, with the role that AWS made, and with no other.
func TestSecurityLake(t *testing.T) {
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(orgYAML, "  security_lake: ")
	there, _, _ := strings.Cut(rest, "\n")
	const role = "arn:aws:iam::555555555555:role/AmazonSecurityLake-Provider-parry-eu-central-1"
	for said, want := range map[string]struct {
		readme    []string
		variables map[string]any
	}{
		"false": {nil, nil},
		"true": {[]string{
			"aws securitylake create-custom-log-source --region eu-central-1 --source-name parry --source-version 1.0",
			`"providerIdentity": {"principal": "111111111111", "externalId": "EXTERNAL-ID"}`, "security_lake: {location: LOCATION",
		}, nil},
		there: {[]string{"The clock writes the ends of responses into Security Lake"}, map[string]any{
			"PARRY_LAKE_LOCATION": "s3://aws-security-data-lake-eu-central-1-abc/ext/parry/1.0/", "PARRY_LAKE_ROLE": role, "PARRY_LAKE_EXTERNAL_ID": "0a1b2c3d4e", "PARRY_LAKE_REGION": "eu-central-1",
		}},
	} {
		files, err := deploy.NewWish(org(t, strings.Replace(orgYAML, there, said, 1)), lib.Playbooks, lib.Rules).Render()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			switch text := string(f.Body); f.Name {
			case "README.md":
				for _, w := range want.readme {
					if !strings.Contains(text, w) {
						t.Errorf("%s: %q is not in\n%s", said, w, text)
					}
				}
				if strings.Contains(text, "Security Lake") != (want.readme != nil) {
					t.Errorf("%s: %s", said, text)
				}
			case "hub.json":
				takers := 0
				for id, p := range of(t, f.Body, "AWS::IAM::Role") {
					policies, err := json.Marshal(p)
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(string(policies), `"Action":"sts:AssumeRole","Effect":"Allow","Resource":"`+role+`","Sid":"Lake"`) {
						takers++
						if id != "ClockRole" {
							t.Errorf("%s may take the lake's role", id)
						}
					} else if strings.Contains(string(policies), "555555555555") {
						t.Errorf("%s: %s", id, policies)
					}
				}
				if (takers == 1) != (want.variables != nil) {
					t.Errorf("%s: %d may take the lake's role", said, takers)
				}
				for id, p := range of(t, f.Body, "AWS::Lambda::Function") {
					for name, v := range p["Environment"].(tree)["Variables"].(tree) {
						if strings.HasPrefix(name, "PARRY_LAKE") && (id != "ClockFunction" || want.variables[name] != v) {
							t.Errorf("%s: %s has %s=%v", said, id, name, v)
						}
					}
				}
			}
		}
	}
}
