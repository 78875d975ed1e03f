package playbooks_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"parry"
	"parry/internal/cases"
	"parry/internal/tap"
)

// Quarantine opens a group for seconds. Where the isolation that must follow is refused, interface and group go back at once: an instance is never left wider
// open than it was found.
func TestAFailedIsolationIsNeverLeftOpen(t *testing.T) {
	all := allCases(t)
	c := all[slices.IndexFunc(all, func(c cases.Case) bool { return c.Playbook == "ec2-quarantine" && c.Name == "three-interfaces" })]
	for refused := range 3 { // the isolation of the first, second and third interface
		stage := cases.NewTwin()
		var failed parry.Response
		_, err := cases.Run(t.Context(), c, stage, library(t), memory(t), cases.Probe{Step: func(step string, r parry.Response) {
			switch step {
			case "planned":
				stage.Org.Inject(tap.Fault{Operation: "ModifyNetworkInterfaceAttribute", Skip: 2*refused + 1, Times: 1, Err: tap.Denied()})
			case "failed":
				failed = r
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if failed.State != parry.Failed || failed.Reason == "" {
			t.Fatalf("state %q: %s", failed.State, failed.Reason)
		}
		noneIsOpen(t, stage, failed, refused)
	}
}

func noneIsOpen(t *testing.T, stage *cases.Twin, r parry.Response, isolated int) {
	t.Helper()
	c := ec2.NewFromConfig(stage.Config(r.Target.Account, r.Target.Region))
	groups, err := c.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{{Name: aws.String("tag:parry:role"), Values: []string{"untrack"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups.SecurityGroups) != 1 || len(groups.SecurityGroups[0].IpPermissions) != 0 {
		t.Errorf("the group that untracks is left open: %+v", groups.SecurityGroups)
	}
	interfaces, err := c.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{{Name: aws.String("attachment.instance-id"), Values: []string{r.Target.ID}}}})
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, i := range interfaces.NetworkInterfaces {
		switch {
		case len(i.Groups) == 1 && aws.ToString(i.Groups[0].GroupName) == "parry-isolation":
			done++
		case len(i.Groups) != 2:
			t.Errorf("interface %s is left in %+v", aws.ToString(i.NetworkInterfaceId), i.Groups)
		}
	}
	if done != isolated {
		t.Errorf("%d interfaces are isolated, not %d", done, isolated)
	}
}
