// Package demo is the scene of 'parry demo': a simulated organization of three accounts, and five events that hit it.
package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"parry/internal/twin"
)

// Hub is the account that Parry runs in; Person says yes in the demo.
const (
	Hub    = "100000000001"
	shop   = "200000000002"
	data   = "300000000003"
	region = "us-east-1"
	Person = "arn:aws:sts::100000000001:assumed-role/SecurityOnCall/dana"
)

// Accounts are the organization's, with what they are for.
var Accounts = []string{Hub + " security", shop + " shop", data + " data"}

// Event is one event of the demo.
type Event struct {
	Name    string
	Story   string // what happened, for the reader
	JSON    string
	Approve bool // the person says yes where one is asked
	Undo    bool // and later takes it back
}

// Scene is the organization and what hits it.
type Scene struct {
	Org    *twin.Org
	Events []Event
}

// New builds the organization.
func New(ctx context.Context) (*Scene, error) {
	org := twin.New(time.Now())
	org.SetClock(time.Now)
	org.SetDelay(300 * time.Millisecond)
	b := &builder{ctx: ctx, shop: org.Config(shop, region), data: org.Config(data, region)}
	s := &Scene{Org: org, Events: []Event{b.leakedKey(), b.miner(), b.bucket(), b.openSSH(), b.secret()}}
	// From here on each call takes as long as one to AWS might.
	org.SetLatency(func(string, string) time.Duration { return 8 * time.Millisecond })
	return s, b.err
}

// builder makes resources; its first error stands.
type builder struct {
	ctx        context.Context
	shop, data aws.Config
	err        error
}

// note keeps the first error of the building. What comes after one is built on nothing, and never shown.
func (b *builder) note(err error) {
	if b.err == nil {
		b.err = err
	}
}

func second[T any](_ T, err error) error { return err }

func (b *builder) leakedKey() Event {
	c := iam.NewFromConfig(b.shop)
	_, err := c.CreateUser(b.ctx, &iam.CreateUserInput{UserName: aws.String("build-bot")})
	b.note(err)
	key := ""
	out, err := c.CreateAccessKey(b.ctx, &iam.CreateAccessKeyInput{UserName: aws.String("build-bot")})
	if b.note(err); err == nil {
		key = aws.ToString(out.AccessKey.AccessKeyId)
	}
	return Event{Name: "leaked-key", Story: "The key of a build robot is used from an address on a threat list.",
		JSON: guardDuty(shop, "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", "API ListBuckets was invoked from a known malicious IP address", 5, 14*time.Minute,
			fmt.Sprintf(`{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":"build-bot"}}`, key), "TARGET")}
}

func (b *builder) network(c *ec2.Client) (subnet, web, admin *string) {
	vpc, err := c.CreateVpc(b.ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if b.note(err); err != nil {
		return nil, nil, nil
	}
	sub, err := c.CreateSubnet(b.ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0.1.0/24")})
	if b.note(err); err != nil {
		return nil, nil, nil
	}
	group := func(name string) *string {
		out, err := c.CreateSecurityGroup(b.ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name, VpcId: vpc.Vpc.VpcId})
		if b.note(err); err != nil {
			return nil
		}
		return out.GroupId
	}
	return sub.Subnet.SubnetId, group("web"), group("admin")
}

func (b *builder) miner() Event {
	c := ec2.NewFromConfig(b.shop)
	subnet, web, admin := b.network(c)
	var interfaces []ec2types.InstanceNetworkInterfaceSpecification
	for i := range int32(2) {
		interfaces = append(interfaces, ec2types.InstanceNetworkInterfaceSpecification{DeviceIndex: &i, SubnetId: subnet, Groups: []string{aws.ToString(web), aws.ToString(admin)}})
	}
	b.note(second(iam.NewFromConfig(b.shop).CreateRole(b.ctx, &iam.CreateRoleInput{RoleName: aws.String("render"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})))
	b.note(second(iam.NewFromConfig(b.shop).AttachRolePolicy(b.ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("render"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")})))
	b.note(second(iam.NewFromConfig(b.shop).CreateInstanceProfile(b.ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("render")})))
	b.note(second(iam.NewFromConfig(b.shop).AddRoleToInstanceProfile(b.ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("render"), RoleName: aws.String("render")})))
	out, err := c.RunInstances(b.ctx, &ec2.RunInstancesInput{IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String("render")}, ImageId: aws.String("ami-0123456789abcdef0"), InstanceType: "c5.4xlarge", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), NetworkInterfaces: interfaces})
	id := ""
	if b.note(err); err == nil {
		id = aws.ToString(out.Instances[0].InstanceId)
	}
	return Event{Name: "miner", Story: "An instance talks to a mining pool. Evidence is taken of it while it runs, and then it is isolated: a person is asked for both, and says yes.", Approve: true, Undo: true,
		JSON: guardDuty(shop, "CryptoCurrency:EC2/BitcoinTool.B", "EC2 instance is communicating with a Bitcoin-related IP address", 8, 6*time.Minute,
			fmt.Sprintf(`{"resourceType":"Instance","instanceDetails":{"instanceId":%q,"instanceType":"c5.4xlarge"}}`, id), "ACTOR")}
}

func (b *builder) bucket() Event {
	_, err := s3.NewFromConfig(b.data).CreateBucket(b.ctx, &s3.CreateBucketInput{Bucket: aws.String("quarterly-reports")})
	b.note(err)
	return Event{Name: "public-bucket", Story: "A bucket of reports can be made public. It may be so on purpose, so a person is asked, and says yes.", Approve: true,
		JSON: securityHub(data, "S3.8", "S3 general purpose buckets should block public access", 3*time.Hour, `"Software and Configuration Checks/AWS Security Best Practices"`,
			`{"Type":"AwsS3Bucket","Id":"arn:aws:s3:::quarterly-reports","Partition":"aws","Region":"us-east-1"}`, true)}
}

func (b *builder) openSSH() Event {
	c := ec2.NewFromConfig(b.data)
	_, web, _ := b.network(c)
	everyone := []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0"), Description: aws.String("only until Friday")}}
	_, err := c.AuthorizeSecurityGroupIngress(b.ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: web, IpPermissions: []ec2types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(20), ToPort: aws.Int32(443), IpRanges: everyone},
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("203.0.113.0/24"), Description: aws.String("office")}}},
	}})
	b.note(err)
	return Event{Name: "open-ssh", Story: "A rule lets the whole internet in on ports 20 to 443. Only SSH is taken out of it; the rest of the range and the office's own rule stay.",
		JSON: securityHub(data, "EC2.13", "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22", 50*time.Minute, `"Software and Configuration Checks/AWS Security Best Practices"`,
			fmt.Sprintf(`{"Type":"AwsEc2SecurityGroup","Id":"arn:aws:ec2:us-east-1:%s:security-group/%s","Partition":"aws","Region":"us-east-1"}`, data, aws.ToString(web)), true)}
}

func (b *builder) secret() Event {
	fn, err := lambda.NewFromConfig(b.data).CreateFunction(b.ctx, &lambda.CreateFunctionInput{
		FunctionName: aws.String("rotate-orders"), Role: aws.String("arn:aws:iam::" + data + ":role/rotator"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("PK")},
		Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
	})
	if b.note(err); err != nil {
		return Event{}
	}
	c := secretsmanager.NewFromConfig(b.data)
	made, err := c.CreateSecret(b.ctx, &secretsmanager.CreateSecretInput{Name: aws.String("db/orders"), SecretString: aws.String("correct horse battery staple")})
	if b.note(err); err != nil {
		return Event{}
	}
	_, err = c.RotateSecret(b.ctx, &secretsmanager.RotateSecretInput{SecretId: made.ARN, RotationLambdaARN: fn.FunctionArn, RotateImmediately: aws.Bool(false)})
	b.note(err)
	return Event{Name: "exposed-secret", Story: "A database password stands in a public repository. It is rotated with the rotation that its owner configured; the value is never read.", Approve: true,
		JSON: securityHub(data, "", "Database password found in a public repository", 2*time.Minute, `"Effects/Data Exposure"`,
			fmt.Sprintf(`{"Type":"AwsSecretsManagerSecret","Id":%q,"Partition":"aws","Region":"us-east-1"}`, aws.ToString(made.ARN)), false)}
}

func stamp(ago time.Duration) string {
	return time.Now().Add(-ago).UTC().Format("2006-01-02T15:04:05.000Z")
}

func guardDuty(account, typ, title string, severity int, ago time.Duration, resource, role string) string {
	t := stamp(ago)
	return fmt.Sprintf(`{"version":"0","id":"demo-%s","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":%q,"time":%q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%q,"region":"us-east-1","partition":"aws","id":"demo-%s","arn":"arn:aws:guardduty:us-east-1:%s:detector/d/finding/demo",
"type":%q,"severity":%d,"title":%q,"description":"","createdAt":%q,"updatedAt":%q,"resource":%s,
"service":{"serviceName":"guardduty","archived":false,"count":1,"eventFirstSeen":%q,"eventLastSeen":%q,"resourceRole":%q}}}`,
		slug(typ), Hub, stamp(0), account, slug(typ), account, typ, severity, title, t, t, resource, t, t, role)
}

func securityHub(account, control, title string, ago time.Duration, types, resource string, compliance bool) string {
	t, comp := stamp(ago), ""
	if compliance {
		comp = fmt.Sprintf(`"Compliance":{"Status":"FAILED","SecurityControlId":%q},`, control)
	}
	return fmt.Sprintf(`{"version":"0","id":"demo-%s","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub","account":%q,"time":%q,"region":"us-east-1","resources":[],
"detail":{"findings":[{"SchemaVersion":"2018-10-08","Id":"demo-%s","ProductArn":"arn:aws:securityhub:us-east-1::product/aws/securityhub","ProductName":"Security Hub","CompanyName":"AWS",
"GeneratorId":"security-control/%s","AwsAccountId":%q,"Region":"us-east-1","Types":[%s],"CreatedAt":%q,"UpdatedAt":%q,"FirstObservedAt":%q,
"Severity":{"Label":"HIGH","Normalized":70},"Title":%q,"Description":"",%s"Resources":[%s],"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE"}]}}`,
		slug(title), Hub, stamp(0), slug(title), control, account, types, t, t, t, title, comp, resource)
}

func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}
