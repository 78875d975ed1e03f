package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	cftypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
)

// moto lets an account have several detectors in a Region; AWS one (CreateDetector, GuardDuty API Reference).
func TestDetectors(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := guardduty.NewFromConfig(org.Config(testAccount, testRegion))
	id := got(c.CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)}))(t).DetectorId
	refused(c.CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)}))(t, "BadRequestException")
	refused(c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: aws.String("none")}))(t, "BadRequestException")
	got(c.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: id, Enable: aws.Bool(false), FindingPublishingFrequency: gdtypes.FindingPublishingFrequencyOneHour}))(t)
	if d := got(c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: id}))(t); d.Status != gdtypes.DetectorStatusDisabled || d.FindingPublishingFrequency != gdtypes.FindingPublishingFrequencyOneHour {
		t.Errorf("detector is %+v", d)
	}
	got(c.DeleteDetector(ctx, &guardduty.DeleteDetectorInput{DetectorId: id}))(t)
	if ids := got(c.ListDetectors(ctx, &guardduty.ListDetectorsInput{}))(t).DetectorIds; len(ids) != 0 {
		t.Errorf("detectors are %v", ids)
	}
}

// moto has no members (CreateMembers is not implemented there).
func TestAMembersDetector(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	admin, member := guardduty.NewFromConfig(org.Config(testAccount, testRegion)), guardduty.NewFromConfig(org.Config(otherAccount, testRegion))
	own := got(admin.CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)}))(t).DetectorId
	got(admin.CreateMembers(ctx, &guardduty.CreateMembersInput{DetectorId: own, AccountDetails: []gdtypes.AccountDetail{{AccountId: aws.String(otherAccount), Email: aws.String("a@example.com")}}}))(t)
	id := got(member.ListDetectors(ctx, &guardduty.ListDetectorsInput{}))(t).DetectorIds[0]
	if a := got(member.GetAdministratorAccount(ctx, &guardduty.GetAdministratorAccountInput{DetectorId: aws.String(id)}))(t).Administrator; *a.AccountId != testAccount {
		t.Errorf("administrator is %+v", a)
	}
	out := got(admin.StopMonitoringMembers(ctx, &guardduty.StopMonitoringMembersInput{DetectorId: own, AccountIds: []string{otherAccount, "333333333333"}}))(t)
	if len(out.UnprocessedAccounts) != 1 {
		t.Errorf("unprocessed are %+v", out.UnprocessedAccounts)
	}
	refused(member.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: aws.String(id), Enable: aws.Bool(true)}))(t, "BadRequestException")
	refused(member.DeleteDetector(ctx, &guardduty.DeleteDetectorInput{DetectorId: aws.String(id)}))(t, "BadRequestException")
}

func TestRecorders(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	cfg := org.Config(testAccount, testRegion)
	c := configservice.NewFromConfig(cfg)
	got(s3.NewFromConfig(cfg).CreateBucket(ctx, newBucket("config", testRegion)))(t)
	start := func() (*configservice.StartConfigurationRecorderOutput, error) {
		return c.StartConfigurationRecorder(ctx, &configservice.StartConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")})
	}
	channel := func(name, bucket string) (*configservice.PutDeliveryChannelOutput, error) {
		return c.PutDeliveryChannel(ctx, &configservice.PutDeliveryChannelInput{DeliveryChannel: &cftypes.DeliveryChannel{Name: aws.String(name), S3BucketName: aws.String(bucket)}})
	}
	refused(channel("c", "config"))(t, "NoAvailableConfigurationRecorderException")
	refused(start())(t, "NoSuchConfigurationRecorderException")
	put := func(name, role string) (*configservice.PutConfigurationRecorderOutput, error) {
		return c.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &cftypes.ConfigurationRecorder{Name: aws.String(name), RoleARN: aws.String(role)}})
	}
	role := "arn:aws:iam::" + testAccount + ":role/config"
	refused(put("default", "none"))(t, "InvalidRoleException")
	got(put("default", role))(t)
	refused(put("second", role))(t, "MaxNumberOfConfigurationRecordersExceededException")
	refused(start())(t, "NoAvailableDeliveryChannelException")
	refused(channel("c", "nowhere"))(t, "NoSuchBucketException")
	got(channel("c", "config"))(t)
	refused(channel("d", "config"))(t, "MaxNumberOfDeliveryChannelsExceededException")
	got(start())(t)
	refused(c.DeleteDeliveryChannel(ctx, &configservice.DeleteDeliveryChannelInput{DeliveryChannelName: aws.String("c")}))(t, "LastDeliveryChannelDeleteFailedException")
	if s := got(c.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{}))(t).ConfigurationRecordersStatus; len(s) != 1 || !s[0].Recording {
		t.Errorf("status is %+v", s)
	}
	got(c.StopConfigurationRecorder(ctx, &configservice.StopConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")}))(t)
	got(c.DeleteDeliveryChannel(ctx, &configservice.DeleteDeliveryChannelInput{DeliveryChannelName: aws.String("c")}))(t)
	got(c.DeleteConfigurationRecorder(ctx, &configservice.DeleteConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")}))(t)
	refused(c.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{ConfigurationRecorderNames: []string{"default"}}))(t, "NoSuchConfigurationRecorderException")
}

func TestSecurityHubOnAndOff(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := securityhub.NewFromConfig(org.Config(testAccount, testRegion))
	refused(c.DescribeHub(ctx, &securityhub.DescribeHubInput{}))(t, "InvalidAccessException")
	refused(c.DisableSecurityHub(ctx, &securityhub.DisableSecurityHubInput{}))(t, "InvalidAccessException")
	got(c.EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{}))(t)
	refused(c.EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{}))(t, "ResourceConflictException")
	if h := got(c.DescribeHub(ctx, &securityhub.DescribeHubInput{}))(t); *h.HubArn != "arn:aws:securityhub:eu-west-1:111111111111:hub/default" {
		t.Errorf("hub is %+v", h)
	}
	got(c.DisableSecurityHub(ctx, &securityhub.DisableSecurityHubInput{}))(t)
}
