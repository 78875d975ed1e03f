package twin

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// newTrail makes a trail of all Regions, at home in the tests' own.
func newTrail(t *testing.T, org *Org, name string, organization bool) *cloudtrail.Client {
	t.Helper()
	cfg := org.Config(testAccount, testRegion)
	got(s3.NewFromConfig(cfg).CreateBucket(t.Context(), newBucket("logs-"+name, testRegion)))(t)
	c := cloudtrail.NewFromConfig(cfg)
	got(c.CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{
		Name: aws.String(name), S3BucketName: aws.String("logs-" + name), IsMultiRegionTrail: aws.Bool(true), IsOrganizationTrail: aws.Bool(organization),
	}))(t)
	return c
}

// A trail is shown in every Region and changed in its own. moto shows it likewise and knows no home: it answers TrailNotFoundException
// elsewhere, where AWS answers InvalidHomeRegionException (StartLogging, CloudTrail API Reference).
func TestTrailsHaveAHome(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	home := newTrail(t, org, "audit", false)
	far := cloudtrail.NewFromConfig(org.Config(testAccount, "us-east-1"))
	arn := *got(far.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{}))(t).TrailList[0].TrailARN
	if n := len(got(far.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)}))(t).TrailList); n != 0 {
		t.Errorf("%d trails at home in the other Region", n)
	}
	for _, id := range []string{"audit", arn} {
		refused(far.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String(id)}))(t, "InvalidHomeRegionException")
	}
	refused(far.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("nothing")}))(t, "TrailNotFoundException")
	refused(far.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String("audit")}))(t, "TrailNotFoundException")
	wantLogging(ctx, t, far, arn, false)
	got(home.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("audit")}))(t)
	wantLogging(ctx, t, far, arn, true)
	got(home.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String(arn)}))(t)
	wantLogging(ctx, t, home, "audit", false)
	got(home.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: aws.String("audit")}))(t)
	refused(home.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String("audit")}))(t, "TrailNotFoundException")
}

func wantLogging(ctx context.Context, t *testing.T, c *cloudtrail.Client, id string, want bool) {
	t.Helper()
	if on := *got(c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(id)}))(t).IsLogging; on != want {
		t.Errorf("%s is logging: %v", id, on)
	}
}

// An organization's trail is shown in its accounts and changed by its owner. moto knows no organizations here.
func TestAnOrganizationsTrail(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	newTrail(t, org, "audit", true)
	member := cloudtrail.NewFromConfig(org.Config(otherAccount, testRegion))
	list := got(member.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{}))(t).TrailList
	if len(list) != 1 {
		t.Fatalf("a member sees %d trails", len(list))
	}
	refused(member.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: list[0].TrailARN}))(t, "NotOrganizationMasterAccountException")
	refused(member.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: list[0].Name}))(t, "TrailNotFoundException")
}

func TestEventSelectors(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := newTrail(t, org, "audit", false)
	name := aws.String("audit")
	put := func(basic []cttypes.EventSelector, advanced []cttypes.AdvancedEventSelector) (*cloudtrail.PutEventSelectorsOutput, error) {
		return c.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: name, EventSelectors: basic, AdvancedEventSelectors: advanced})
	}
	out := got(c.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: name}))(t)
	if len(out.EventSelectors) != 1 || !*out.EventSelectors[0].IncludeManagementEvents { // moto gives none for a new trail
		t.Errorf("a new trail has %+v", out.EventSelectors)
	}
	management := cttypes.AdvancedEventSelector{FieldSelectors: []cttypes.AdvancedFieldSelector{{Field: aws.String("eventCategory"), Equals: []string{"Management"}}}}
	refused(put(nil, nil))(t, "InvalidEventSelectorsException")
	refused(put(make([]cttypes.EventSelector, 6), nil))(t, "InvalidEventSelectorsException")
	refused(put(nil, []cttypes.AdvancedEventSelector{{FieldSelectors: []cttypes.AdvancedFieldSelector{{Field: aws.String("readOnly"), Equals: []string{"true"}}}}}))(t, "InvalidEventSelectorsException")
	got(put(nil, []cttypes.AdvancedEventSelector{management}))(t)
	if out = got(c.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: name}))(t); len(out.EventSelectors) != 0 || len(out.AdvancedEventSelectors) != 1 {
		t.Errorf("after advanced ones: %+v %+v", out.EventSelectors, out.AdvancedEventSelectors)
	}
}

func TestNewTrails(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := newTrail(t, org, "audit", false)
	create := func(name, bucket string) (*cloudtrail.CreateTrailOutput, error) {
		return c.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String(name), S3BucketName: aws.String(bucket)})
	}
	refused(create("-", "logs-audit"))(t, "InvalidTrailNameException")
	refused(create("audit", "logs-audit"))(t, "TrailAlreadyExistsException")
	refused(create("other", "nowhere"))(t, "S3BucketDoesNotExistException")
	for _, name := range []string{"two", "three", "four", "five"} {
		got(create(name, "logs-audit"))(t)
	}
	refused(create("six", "logs-audit"))(t, "MaximumNumberOfTrailsExceededException")
}

// An update changes what it names, and an empty text takes away what was there ("To disable log file encryption", CloudTrail User Guide).
func TestUpdateTrail(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := newTrail(t, org, "audit", false)
	far := cloudtrail.NewFromConfig(org.Config(testAccount, "us-east-1"))
	refused(far.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("audit")}))(t, "InvalidHomeRegionException")
	refused(c.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("audit"), S3BucketName: aws.String("no-such")}))(t, "S3BucketDoesNotExistException")
	got(c.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("audit"), EnableLogFileValidation: aws.Bool(true), KmsKeyId: aws.String("key"), S3KeyPrefix: aws.String("all")}))(t)
	v := got(c.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{}))(t).TrailList[0]
	if !*v.LogFileValidationEnabled || *v.KmsKeyId != "key" || *v.S3KeyPrefix != "all" || !*v.IsMultiRegionTrail || *v.S3BucketName != "logs-audit" {
		t.Errorf("after the update: %+v", v)
	}
	got(c.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("audit"), KmsKeyId: aws.String(""), EnableLogFileValidation: aws.Bool(false)}))(t)
	v = got(c.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{}))(t).TrailList[0]
	if *v.LogFileValidationEnabled || v.KmsKeyId != nil || *v.S3KeyPrefix != "all" {
		t.Errorf("after the second update: %+v", v)
	}
}
