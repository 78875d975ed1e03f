package hub

import (
	"fmt"

	"parry"
)

// Place is where a finding is published: its own account and Region. With the default product of an account, the calling
// account must be the finding's. Source: BatchImportFindings, Security Hub API Reference.
type Place struct {
	Account, Region, Partition string
}

func (p Place) String() string { return p.Account + "/" + p.Region }

// ProductARN is the default product of the account, which every account with Security Hub has. Source: "Integrating Security
// Hub CSPM with custom products", Security Hub User Guide.
func (p Place) ProductARN() string {
	return fmt.Sprintf("arn:%s:securityhub:%s:%s:product/%s/default", p.Partition, p.Region, p.Account, p.Account)
}

// Permissions are what publishing there needs. Source: "Actions, resources, and condition keys for AWS Security Hub", Service
// Authorization Reference: the action has the product for a resource.
func (p Place) Permissions() []parry.Permission {
	return []parry.Permission{{Action: "securityhub:BatchImportFindings", Resources: []string{p.ProductARN()}}}
}

// maxRegion is how long the name of a Region may be in ASFF. Source: AwsSecurityFinding, Region, Security Hub API Reference.
const maxRegion = 16

// placeOf is where a finding belongs, by its own body. Nothing is guessed: a finding in the wrong account would be lost there.
func placeOf(f parry.Finding) (Place, error) {
	p := Place{Account: f.Cloud.Account.UID, Region: f.Cloud.Region, Partition: f.Cloud.Partition}
	if !parry.IsAccount(p.Account) {
		return p, parry.Errorf(parry.Invalid, "its account is %q, which is not 12 digits", cut(p.Account, 40))
	}
	if p.Region == "global" {
		p.Region = parry.HomeRegion(p.Partition)
	}
	if !parry.IsRegion(p.Region) || len(p.Region) > maxRegion {
		return p, parry.Errorf(parry.Invalid, "its Region is %q, which is none", cut(f.Cloud.Region, 40))
	}
	in := parry.PartitionOf(p.Region)
	if p.Partition != "" && p.Partition != in {
		return p, parry.Errorf(parry.Invalid, "its Region %s is not in the partition %q", p.Region, cut(p.Partition, 40))
	}
	p.Partition = in
	return p, nil
}
