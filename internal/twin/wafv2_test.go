package twin

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"parry/internal/moto"
)

// The same calls on the twin and on moto. moto takes any text for an address, any scope in any Region, and knows neither the limit of a set nor
// ListResourcesForWebACL: those are asked of the twin alone, below.
func TestIPSetsAsOnMoto(t *testing.T) {
	server := moto.Need(t)
	for name, cfg := range map[string]aws.Config{"twin": newOrg().Config(testAccount, "us-east-1"), "moto": server.Config(moto.Account(), "us-east-1")} {
		t.Run(name, func(t *testing.T) {
			ctx, c := t.Context(), wafv2.NewFromConfig(cfg)
			made := got(c.CreateIPSet(ctx, &wafv2.CreateIPSetInput{Name: aws.String("s"), Scope: types.ScopeRegional, IPAddressVersion: types.IPAddressVersionIpv4, Addresses: []string{"45.155.205.0/24"}, Description: aws.String("d")}))(t).Summary
			read := func() *wafv2.GetIPSetOutput {
				return got(c.GetIPSet(ctx, &wafv2.GetIPSetInput{Name: made.Name, Id: made.Id, Scope: types.ScopeRegional}))(t)
			}
			was := read()
			update := &wafv2.UpdateIPSetInput{Name: made.Name, Id: made.Id, Scope: types.ScopeRegional, Addresses: []string{"185.220.101.7/32"}, LockToken: was.LockToken, Description: aws.String("d")}
			got(c.UpdateIPSet(ctx, update))(t)
			if now := read(); !slices.Equal(now.IPSet.Addresses, []string{"185.220.101.7/32"}) || *now.LockToken == *was.LockToken || *now.IPSet.Description != "d" {
				t.Errorf("%v", now.IPSet)
			}
			refused(c.UpdateIPSet(ctx, update))(t, "WAFOptimisticLockException") // with the token of before
			refused(c.UpdateIPSet(ctx, &wafv2.UpdateIPSetInput{Name: made.Name, Id: aws.String("x"), Scope: types.ScopeRegional, Addresses: []string{}, LockToken: was.LockToken}))(t, "WAFNonexistentItemException")
			if all := got(c.ListIPSets(ctx, &wafv2.ListIPSetsInput{Scope: types.ScopeRegional}))(t).IPSets; len(all) != 1 || *all[0].ARN != *was.IPSet.ARN {
				t.Errorf("%v", all)
			}
		})
	}
}

func TestIPSetLimits(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := wafv2.NewFromConfig(org.Config(testAccount, "us-east-1"))
	create := func(name string, v types.IPAddressVersion, addresses ...string) (*wafv2.CreateIPSetOutput, error) {
		return c.CreateIPSet(ctx, &wafv2.CreateIPSetInput{Name: aws.String(name), Scope: types.ScopeRegional, IPAddressVersion: v, Addresses: addresses})
	}
	for _, bad := range []string{"0.0.0.0/0", "185.220.101.7", "2a0b:f4c2::7/128", "x"} {
		refused(create("bad", types.IPAddressVersionIpv4, bad))(t, "WAFInvalidParameterException")
	}
	var full []string
	for i := range maxAddresses {
		full = append(full, fmt.Sprintf("45.%d.%d.1/32", i/250, i%250))
	}
	got(create("full", types.IPAddressVersionIpv4, full...))(t)
	refused(create("fuller", types.IPAddressVersionIpv4, append(full, "185.220.101.7/32")...))(t, "WAFLimitsExceededException")
	refused(create("full", types.IPAddressVersionIpv4, "45.155.205.0/24"))(t, "WAFDuplicateItemException")
	six := got(create("six", types.IPAddressVersionIpv6, "2a0b:f4c2::7/128"))(t).Summary
	if a := got(c.GetIPSet(ctx, &wafv2.GetIPSetInput{Name: six.Name, Id: six.Id, Scope: types.ScopeRegional}))(t).IPSet.Addresses; a[0] != "2a0b:f4c2:0000:0000:0000:0000:0000:0007/128" {
		t.Errorf("%v", a)
	}
	far := wafv2.NewFromConfig(org.Config(testAccount, "eu-west-1"))
	refused(far.ListIPSets(ctx, &wafv2.ListIPSetsInput{Scope: types.ScopeCloudfront}))(t, "WAFInvalidParameterException")
}
