package hub

import (
	"fmt"
	"strings"

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

// isRegion knows the form of a Region's name: words in small letters, then a number. One that is not formed so would end up in
// the address that signed requests go to. ASFF has room for 16 characters.
func isRegion(s string) bool {
	words := strings.Split(s, "-")
	if len(words) < 3 || len(s) > 16 {
		return false
	}
	for i, w := range words {
		set := "abcdefghijklmnopqrstuvwxyz"
		if i == len(words)-1 {
			set = "0123456789"
		}
		if w == "" || strings.Trim(w, set) != "" {
			return false
		}
	}
	return true
}

// placeOf is where a finding belongs, by its own body. Nothing is guessed: a finding in the wrong account would be lost there.
func placeOf(f parry.Finding) (Place, error) {
	p := Place{Account: f.Cloud.Account.UID, Region: f.Cloud.Region, Partition: f.Cloud.Partition}
	if len(p.Account) != 12 || strings.Trim(p.Account, "0123456789") != "" {
		return p, parry.Errorf(parry.Invalid, "its account is %q, which is not 12 digits", cut(p.Account, 40))
	}
	if p.Region == "global" {
		p.Region = homeRegion(p.Partition)
	}
	if !isRegion(p.Region) {
		return p, parry.Errorf(parry.Invalid, "its Region is %q, which is none", cut(f.Cloud.Region, 40))
	}
	in := partitionOf(p.Region)
	if p.Partition != "" && p.Partition != in {
		return p, parry.Errorf(parry.Invalid, "its Region %s is not in the partition %q", p.Region, cut(p.Partition, 40))
	}
	p.Partition = in
	return p, nil
}

// homeRegion is the Region that stands for a partition's global services; empty for a partition that is not known. Source: "AWS
// Identity and Access Management endpoints and quotas", AWS General Reference.
func homeRegion(partition string) string {
	switch partition {
	case "aws":
		return "us-east-1"
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	case "aws-eusc":
		return "eusc-de-east-1"
	}
	return ""
}

// partitionOf is the partition of a Region, by its name.
func partitionOf(region string) string {
	for _, p := range []struct{ start, partition string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"eusc-", "aws-eusc"},
		{"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
	} {
		if strings.HasPrefix(region, p.start) {
			return p.partition
		}
	}
	return "aws"
}
