package parry_test

import (
	"strings"
	"testing"

	"parry"
)

func TestOneFindingByManyRoadsHasOneKey(t *testing.T) {
	finding := func(product, productUID, account, uid, typ, resource string) parry.Finding {
		return parry.Finding{
			Metadata:  parry.Metadata{Product: parry.Product{Name: product, UID: productUID}},
			Info:      parry.FindingInfo{UID: uid, Types: []string{typ}},
			Cloud:     parry.Cloud{Account: parry.CloudAccount{UID: account}},
			Resources: []parry.Resource{{UID: resource}},
		}
	}
	const acct = "111122223333"
	for name, same := range map[string][]parry.Finding{
		"GuardDuty": {
			finding("GuardDuty", "d1", acct, "f00", "Recon:EC2/Portscan", "i-1"),
			finding("GuardDuty", "arn:aws:securityhub:eu-west-1::product/aws/guardduty", acct,
				"arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/f00", "TTPs/Discovery/Recon:EC2-Portscan", "arn"),
			finding("GuardDuty", "arn:aws:securityhub:us-east-1::productv2/aws/guardduty", acct,
				"arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/f00", "Recon:EC2/Portscan", "i-1"),
			finding("Security Hub", "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default", acct,
				"parry:guardduty/111122223333/f00", "", ""),
		},
		"Inspector": {
			finding("Inspector", "", acct, "arn:aws:inspector2:eu-west-1:111122223333:finding/aa", "PACKAGE_VULNERABILITY", "i-1"),
			finding("Inspector", "arn:aws:securityhub:eu-west-1::product/aws/inspector", acct, "arn:aws:inspector2:eu-west-1:111122223333:finding/aa", "", "i-1"),
		},
		"Access Analyzer": {
			finding("IAM Access Analyzer", "", acct, "0b1a", "ExternalAccess", "arn:aws:iam::111122223333:role/x"),
			finding("IAM Access Analyzer", "arn:aws:securityhub:us-west-2::product/aws/access-analyzer", acct,
				"arn:aws:access-analyzer:us-west-2:111122223333:analyzer/a/arn:aws:iam::111122223333:role/x",
				"Effects/Data Exposure/External Access Granted", "arn:aws:iam::111122223333:role/x"),
		},
	} {
		for _, f := range same[1:] {
			if f.Key() != same[0].Key() {
				t.Errorf("%s: %s and %s", name, same[0].Key(), f.Key())
			}
		}
	}
	base := finding("GuardDuty", "", acct, "f00", "", "")
	for name, other := range map[string]parry.Finding{
		"another id":       finding("GuardDuty", "", acct, "f01", "", ""),
		"another account":  finding("GuardDuty", "", "111122224444", "f00", "", ""),
		"another detector": finding("Macie", "", acct, "f00", "", ""),
	} {
		if other.Key() == base.Key() {
			t.Errorf("%s: the same key %s", name, base.Key())
		}
	}
	external := finding("IAM Access Analyzer", "", acct, "1", "ExternalAccess", "r")
	if unused := finding("IAM Access Analyzer", "", acct, "1", "UnusedIAMRole", "r"); unused.Key() == external.Key() {
		t.Errorf("an unused role and a shared one are one finding: %s", unused.Key())
	}
}

// What is too long for an id in Security Hub has a short key, and comes back with the same one.
func TestALongKeyIsAHash(t *testing.T) {
	f := parry.Finding{
		Metadata: parry.Metadata{Product: parry.Product{Name: "IAM Access Analyzer"}},
		Info:     parry.FindingInfo{UID: "1", Types: []string{"ExternalAccess"}},
		Cloud:    parry.Cloud{Account: parry.CloudAccount{UID: "111122223333"}},
	}
	key := func(resource string) string {
		f.Resources = []parry.Resource{{UID: resource}}
		return f.Key()
	}
	long := "arn:aws:iam::111122223333:role/" + strings.Repeat("p/", 250) + "x"
	for name, resource := range map[string]string{"long": long, "no text": "role\xff"} {
		if k := key(resource); !strings.HasPrefix(k, "sha256:") || len(parry.PublishedPrefix+k) > 512 {
			t.Errorf("%s: %s", name, k)
		}
	}
	if key(long) == key(long+"y") {
		t.Error("the hash does not tell resources apart")
	}
	back := parry.Finding{Info: parry.FindingInfo{UID: parry.PublishedPrefix + key(long)}}
	if back.Key() != key(long) {
		t.Errorf("published as %s, back as %s", key(long), back.Key())
	}
	if k := key("arn:aws:iam::111122223333:role/x"); k != "access-analyzer/111122223333/arn:aws:iam::111122223333:role/x/externalaccess" {
		t.Errorf("a short key is changed: %s", k)
	}
}
