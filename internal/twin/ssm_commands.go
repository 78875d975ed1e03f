package twin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// managedPolicy is what an instance's role has where Systems Manager can reach the instance.
const managedPolicy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"

type command struct {
	view  types.Command
	nodes []string // instances that it goes to
	due   time.Time
}

// managed are the instances that Systems Manager reaches: those of its nodes that run.
func (r *request) managed() []string {
	return slices.DeleteFunc(r.nodes(), func(id string) bool { return r.reg.ec2.instances.byID[id].state != running })
}

// nodes are the instances that Systems Manager knows: those with a profile whose role has AWS's policy for it, that run or will again. The
// agent is taken to be on all of them, and all are Linux, as the twin's images are.
func (r *request) nodes() []string {
	var ids []string
	for _, i := range r.reg.ec2.instances.all() {
		if i.state != running && i.state != stopped || i.profile == nil {
			continue
		}
		name := i.profile.arn[strings.LastIndexByte(i.profile.arn, '/')+1:]
		p, ok := r.acct.iam.profiles[name]
		if !ok {
			continue
		}
		if role, ok := r.acct.iam.roles[p.role]; ok && role.attached[managedPolicy] != "" {
			ids = append(ids, i.id)
		}
	}
	return ids
}

func describeInstanceInformation(r *request, in *ssm.DescribeInstanceInformationInput) (*ssm.DescribeInstanceInformationOutput, error) {
	out := &ssm.DescribeInstanceInformationOutput{InstanceInformationList: []types.InstanceInformation{}}
	for _, id := range r.nodes() {
		// Source: PingStatus of InstanceInformation in the Systems Manager API Reference; of one that is stopped nothing is heard.
		ping := types.PingStatusOnline
		if r.reg.ec2.instances.byID[id].state != running {
			ping = types.PingStatusConnectionLost
		}
		wanted := true
		for _, f := range in.Filters {
			if aws.ToString(f.Key) != "InstanceIds" {
				return nil, &types.InvalidInstanceInformationFilterValue{Message: aws.String("the twin knows the filter InstanceIds only")}
			}
			wanted = wanted && slices.Contains(f.Values, id)
		}
		if wanted {
			out.InstanceInformationList = append(out.InstanceInformationList, types.InstanceInformation{
				InstanceId: aws.String(id), PingStatus: ping, PlatformType: types.PlatformTypeLinux, PlatformName: aws.String("Amazon Linux"),
				AgentVersion: aws.String("3.3.2746.0"), ResourceType: types.ResourceTypeEc2Instance, LastPingDateTime: aws.Time(r.now),
			})
		}
	}
	return out, nil
}

// targets are the managed instances that a call means: by their ids, or by a tag.
func (r *request) targets(ids []string, targets []types.Target) ([]string, error) {
	if len(ids) > 0 == (len(targets) > 0) {
		return nil, &types.InvalidParameters{Message: aws.String("Specify either InstanceIds or Targets.")}
	}
	managed := r.managed()
	var all []string
	for _, t := range targets {
		switch tag, byTag := strings.CutPrefix(aws.ToString(t.Key), "tag:"); {
		case aws.ToString(t.Key) == "InstanceIds":
			ids = append(ids, t.Values...)
		case !byTag:
			return nil, &types.InvalidTarget{Message: aws.String("Unknown target key " + aws.ToString(t.Key))}
		default:
			for _, id := range managed {
				for _, has := range r.reg.ec2.tagView(id) {
					if *has.Key == tag && slices.Contains(t.Values, *has.Value) {
						all = append(all, id)
					}
				}
			}
		}
	}
	for _, id := range ids {
		if !slices.Contains(managed, id) {
			return nil, &types.InvalidInstanceId{Message: aws.String(fmt.Sprintf("Instances [[%s]] not in a valid state for account %s", id, r.acct.id))}
		}
		all = append(all, id)
	}
	return all, nil
}

func sendCommand(r *request, in *ssm.SendCommandInput) (*ssm.SendCommandOutput, error) {
	d, ok := r.reg.ssm.documents.byID[*in.DocumentName]
	if !ok || d.kind != types.DocumentTypeCommand {
		return nil, noDocument(*in.DocumentName)
	}
	if err := d.accepts(in.Parameters); err != nil {
		return nil, &types.InvalidParameters{Message: aws.String(err.Error())}
	}
	if len(aws.ToString(in.Comment)) > 100 {
		return nil, reject("ValidationException", "the comment is longer than 100 characters")
	}
	nodes, err := r.targets(slices.Clone(in.InstanceIds), in.Targets)
	if err != nil {
		return nil, err
	}
	c := &command{nodes: nodes, due: r.now.Add(r.org.delay), view: types.Command{
		CommandId: aws.String(r.org.uuid()), DocumentName: in.DocumentName, Comment: in.Comment, Parameters: in.Parameters, InstanceIds: in.InstanceIds, Targets: in.Targets,
		RequestedDateTime: aws.Time(r.now), Status: types.CommandStatusPending, StatusDetails: aws.String("Pending"), TargetCount: int32(len(nodes)),
		MaxConcurrency: aws.String(cmp.Or(aws.ToString(in.MaxConcurrency), "50")), MaxErrors: aws.String(cmp.Or(aws.ToString(in.MaxErrors), "0")),
	}}
	r.reg.ssm.commands.put(*c.view.CommandId, c)
	return &ssm.SendCommandOutput{Command: new(copied(c.view))}, nil
}

// settle ends a command whose time has come: one that no instance took, because it stopped, is not delivered.
func (c *command) settle(r *request) {
	if r.now.Before(c.due) || c.view.Status != types.CommandStatusPending {
		return
	}
	c.view.Status, c.view.StatusDetails = types.CommandStatusSuccess, aws.String("Success")
	for _, id := range c.nodes {
		if !slices.Contains(r.managed(), id) {
			c.view.Status, c.view.StatusDetails = types.CommandStatusTimedOut, aws.String("DeliveryTimedOut")
			c.view.DeliveryTimedOutCount++
		}
		c.view.CompletedCount++
	}
}

// listCommands lists the newest first.
func listCommands(r *request, in *ssm.ListCommandsInput) (*ssm.ListCommandsOutput, error) {
	out := &ssm.ListCommandsOutput{Commands: []types.Command{}}
	for _, c := range slices.Backward(r.reg.ssm.commands.all()) {
		c.settle(r)
		wanted := in.InstanceId == nil || slices.Contains(c.nodes, *in.InstanceId)
		for _, f := range in.Filters {
			if f.Key != types.CommandFilterKeyDocumentName {
				return nil, &types.InvalidFilterKey{}
			}
			wanted = wanted && *f.Value == *c.view.DocumentName
		}
		if wanted {
			out.Commands = append(out.Commands, copied(c.view))
		}
	}
	return out, nil
}
