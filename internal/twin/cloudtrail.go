package twin

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// The most trails of an account in a Region, and event selectors of a trail. Source: "Quotas in AWS CloudTrail".
const (
	maxTrails    = 5
	maxSelectors = 5
)

// cloudtrailState is the trails whose home is one region of one account.
type cloudtrailState struct {
	trails shelf[trail] // by name
}

type trail struct {
	view             cttypes.Trail
	logging          bool
	started, stopped *time.Time
	basic            []cttypes.EventSelector
	advanced         []cttypes.AdvancedEventSelector
}

func cloudtrailHandlers(t table) {
	const service = "CloudTrail"
	on(t, service, "CreateTrail", createTrail)
	on(t, service, "DeleteTrail", deleteTrail)
	on(t, service, "DescribeTrails", describeTrails)
	on(t, service, "GetTrailStatus", getTrailStatus)
	on(t, service, "StartLogging", startLogging)
	on(t, service, "StopLogging", stopLogging)
	on(t, service, "GetEventSelectors", getEventSelectors)
	on(t, service, "PutEventSelectors", putEventSelectors)
	on(t, service, "UpdateTrail", updateTrail)
}

var trailName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{1,126}[a-zA-Z0-9]$`)

func createTrail(r *request, in *cloudtrail.CreateTrailInput) (*cloudtrail.CreateTrailOutput, error) {
	name := *in.Name
	s := &r.reg.cloudtrail
	if !trailName.MatchString(name) {
		return nil, &cttypes.InvalidTrailNameException{Message: aws.String("Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).")}
	}
	if _, dup := s.trails.byID[name]; dup {
		return nil, &cttypes.TrailAlreadyExistsException{Message: aws.String(fmt.Sprintf("Trail %s already exists for customer: %s", name, r.acct.id))}
	}
	if len(s.trails.order) == maxTrails {
		return nil, &cttypes.MaximumNumberOfTrailsExceededException{Message: aws.String(fmt.Sprintf("User: %s already has %d trails in %s.", r.acct.id, maxTrails, r.region))}
	}
	if _, ok := r.org.s3.buckets[*in.S3BucketName]; !ok {
		return nil, &cttypes.S3BucketDoesNotExistException{Message: aws.String(fmt.Sprintf("S3 bucket %s does not exist!", *in.S3BucketName))}
	}
	v := cttypes.Trail{
		Name: in.Name, S3BucketName: in.S3BucketName, S3KeyPrefix: in.S3KeyPrefix, KmsKeyId: set(in.KmsKeyId),
		CloudWatchLogsLogGroupArn: set(in.CloudWatchLogsLogGroupArn), CloudWatchLogsRoleArn: set(in.CloudWatchLogsRoleArn),
		TrailARN: aws.String(r.arn("cloudtrail", "trail/"+name)), HomeRegion: aws.String(r.region),
		IncludeGlobalServiceEvents: aws.Bool(in.IncludeGlobalServiceEvents == nil || *in.IncludeGlobalServiceEvents),
		IsMultiRegionTrail:         aws.Bool(aws.ToBool(in.IsMultiRegionTrail)), IsOrganizationTrail: aws.Bool(aws.ToBool(in.IsOrganizationTrail)),
		LogFileValidationEnabled: aws.Bool(aws.ToBool(in.EnableLogFileValidation)),
		HasCustomEventSelectors:  aws.Bool(false), HasInsightSelectors: aws.Bool(false),
	}
	s.trails.put(name, &trail{view: copied(v), basic: []cttypes.EventSelector{{
		ReadWriteType: cttypes.ReadWriteTypeAll, IncludeManagementEvents: aws.Bool(true),
		DataResources: []cttypes.DataResource{}, ExcludeManagementEventSources: []string{},
	}}})
	return &cloudtrail.CreateTrailOutput{
		Name: v.Name, TrailARN: v.TrailARN, S3BucketName: v.S3BucketName, IsMultiRegionTrail: v.IsMultiRegionTrail,
		IsOrganizationTrail: v.IsOrganizationTrail, IncludeGlobalServiceEvents: v.IncludeGlobalServiceEvents, LogFileValidationEnabled: v.LogFileValidationEnabled,
	}, nil
}

var trailARN = regexp.MustCompile(`^arn:aws[a-z-]*:cloudtrail:([a-z0-9-]+):(\d{12}):trail/(.+)$`)

func noTrail(r *request, id string) error {
	return &cttypes.TrailNotFoundException{Message: aws.String(fmt.Sprintf("Unknown trail: %s for the user: %s", id, r.acct.id))}
}

// trail finds one by its name in its home region, or by its ARN from where it is or is shown: an organization's trail in each of its
// accounts, and one of all Regions in each of them.
func (r *request) trail(id string) (*trail, error) {
	m := trailARN.FindStringSubmatch(id)
	if m == nil {
		m = []string{"", r.region, r.acct.id, id}
	}
	owner, ok := r.org.accounts[m[2]]
	if !ok || owner.regions[m[1]] == nil {
		return nil, noTrail(r, id)
	}
	t, ok := owner.regions[m[1]].cloudtrail.trails.byID[m[3]]
	if !ok || owner != r.acct && !*t.view.IsOrganizationTrail || m[1] != r.region && !*t.view.IsMultiRegionTrail {
		return nil, noTrail(r, id)
	}
	return t, nil
}

// change finds a trail that is to be changed: that is done in its home Region, and by the account that owns it.
func (r *request) change(id string) (*trail, error) {
	t, err := r.trail(id)
	switch {
	case err != nil && trailARN.FindString(id) == "" && r.shows(id):
		return nil, notHome(id, r.region)
	case err != nil:
		return nil, err
	case *t.view.HomeRegion != r.region:
		return nil, notHome(id, r.region)
	case !strings.Contains(*t.view.TrailARN, ":"+r.acct.id+":"):
		return nil, &cttypes.NotOrganizationMasterAccountException{Message: aws.String("The organization trail can only be changed by the management account or a delegated administrator.")}
	}
	return t, nil
}

func notHome(id, region string) error {
	return &cttypes.InvalidHomeRegionException{Message: aws.String(fmt.Sprintf("Trail %s can only be changed in its home region, which is not %s.", id, region))}
}

// shows tells whether a trail of that name is shown here and is at home elsewhere.
func (r *request) shows(name string) bool {
	for _, reg := range r.acct.regions {
		if t, ok := reg.cloudtrail.trails.byID[name]; ok && *t.view.IsMultiRegionTrail {
			return true
		}
	}
	return false
}

func deleteTrail(r *request, in *cloudtrail.DeleteTrailInput) (*cloudtrail.DeleteTrailOutput, error) {
	t, err := r.change(*in.Name)
	if err != nil {
		return nil, err
	}
	r.reg.cloudtrail.trails.drop(*t.view.Name)
	return &cloudtrail.DeleteTrailOutput{}, nil
}

// set is a text that was given; an empty one takes away what was there.
func set(s *string) *string {
	if aws.ToString(s) == "" {
		return nil
	}
	return s
}

// updateTrail changes what the input names, and leaves the rest as it is. The key, the log group and its role are not looked at.
func updateTrail(r *request, in *cloudtrail.UpdateTrailInput) (*cloudtrail.UpdateTrailOutput, error) {
	t, err := r.change(*in.Name)
	if err != nil {
		return nil, err
	}
	v := &t.view
	if in.S3BucketName != nil {
		if _, ok := r.org.s3.buckets[*in.S3BucketName]; !ok {
			return nil, &cttypes.S3BucketDoesNotExistException{Message: aws.String(fmt.Sprintf("S3 bucket %s does not exist!", *in.S3BucketName))}
		}
	}
	for to, from := range map[**string]*string{
		&v.S3BucketName: in.S3BucketName, &v.S3KeyPrefix: in.S3KeyPrefix, &v.KmsKeyId: in.KmsKeyId,
		&v.CloudWatchLogsLogGroupArn: in.CloudWatchLogsLogGroupArn, &v.CloudWatchLogsRoleArn: in.CloudWatchLogsRoleArn,
	} {
		if from != nil {
			*to = set(from)
		}
	}
	for to, from := range map[**bool]*bool{
		&v.IncludeGlobalServiceEvents: in.IncludeGlobalServiceEvents, &v.IsMultiRegionTrail: in.IsMultiRegionTrail,
		&v.IsOrganizationTrail: in.IsOrganizationTrail, &v.LogFileValidationEnabled: in.EnableLogFileValidation,
	} {
		if from != nil {
			*to = from
		}
	}
	return &cloudtrail.UpdateTrailOutput{
		Name: v.Name, TrailARN: v.TrailARN, S3BucketName: v.S3BucketName, S3KeyPrefix: v.S3KeyPrefix, KmsKeyId: v.KmsKeyId,
		CloudWatchLogsLogGroupArn: v.CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn: v.CloudWatchLogsRoleArn,
		IsMultiRegionTrail: v.IsMultiRegionTrail, IsOrganizationTrail: v.IsOrganizationTrail,
		IncludeGlobalServiceEvents: v.IncludeGlobalServiceEvents, LogFileValidationEnabled: v.LogFileValidationEnabled,
	}, nil
}

func describeTrails(r *request, in *cloudtrail.DescribeTrailsInput) (*cloudtrail.DescribeTrailsOutput, error) {
	shadows := in.IncludeShadowTrails == nil || *in.IncludeShadowTrails
	out := &cloudtrail.DescribeTrailsOutput{TrailList: []cttypes.Trail{}}
	for _, id := range slices.Sorted(maps.Keys(r.org.accounts)) {
		owner := r.org.accounts[id]
		for _, region := range slices.Sorted(maps.Keys(owner.regions)) {
			for _, t := range owner.regions[region].cloudtrail.trails.all() {
				shadow := owner != r.acct || region != r.region
				if owner != r.acct && !*t.view.IsOrganizationTrail || region != r.region && !*t.view.IsMultiRegionTrail || shadow && !shadows {
					continue
				}
				if wanted(in.TrailNameList, t.view) {
					out.TrailList = append(out.TrailList, copied(t.view))
				}
			}
		}
	}
	return out, nil
}

func wanted(names []string, v cttypes.Trail) bool {
	for _, n := range names {
		if n == *v.Name || n == *v.TrailARN {
			return true
		}
	}
	return len(names) == 0
}

func getTrailStatus(r *request, in *cloudtrail.GetTrailStatusInput) (*cloudtrail.GetTrailStatusOutput, error) {
	t, err := r.trail(*in.Name)
	if err != nil {
		return nil, err
	}
	return &cloudtrail.GetTrailStatusOutput{IsLogging: aws.Bool(t.logging), StartLoggingTime: copied(t.started), StopLoggingTime: copied(t.stopped)}, nil
}

func startLogging(r *request, in *cloudtrail.StartLoggingInput) (*cloudtrail.StartLoggingOutput, error) {
	t, err := r.change(*in.Name)
	if err != nil {
		return nil, err
	}
	t.logging, t.started = true, aws.Time(r.now)
	return &cloudtrail.StartLoggingOutput{}, nil
}

func stopLogging(r *request, in *cloudtrail.StopLoggingInput) (*cloudtrail.StopLoggingOutput, error) {
	t, err := r.change(*in.Name)
	if err != nil {
		return nil, err
	}
	t.logging, t.stopped = false, aws.Time(r.now)
	return &cloudtrail.StopLoggingOutput{}, nil
}

func getEventSelectors(r *request, in *cloudtrail.GetEventSelectorsInput) (*cloudtrail.GetEventSelectorsOutput, error) {
	t, err := r.trail(*in.TrailName)
	if err != nil {
		return nil, err
	}
	return &cloudtrail.GetEventSelectorsOutput{TrailARN: t.view.TrailARN, EventSelectors: copied(t.basic), AdvancedEventSelectors: copied(t.advanced)}, nil
}

func putEventSelectors(r *request, in *cloudtrail.PutEventSelectorsInput) (*cloudtrail.PutEventSelectorsOutput, error) {
	t, err := r.change(*in.TrailName)
	if err != nil {
		return nil, err
	}
	// One kind takes the other's place. Source: PutEventSelectors in the CloudTrail API Reference.
	if (len(in.EventSelectors) == 0) == (len(in.AdvancedEventSelectors) == 0) || len(in.EventSelectors) > maxSelectors {
		return nil, &cttypes.InvalidEventSelectorsException{Message: aws.String("The event selectors are not valid.")}
	}
	basic, advanced := copied(in.EventSelectors), copied(in.AdvancedEventSelectors)
	for i := range basic {
		basic[i].ReadWriteType = cmp.Or(basic[i].ReadWriteType, cttypes.ReadWriteTypeAll)
		basic[i].IncludeManagementEvents = aws.Bool(basic[i].IncludeManagementEvents == nil || *basic[i].IncludeManagementEvents)
	}
	for _, a := range advanced {
		if !selectsCategory(a) {
			return nil, &cttypes.InvalidEventSelectorsException{Message: aws.String("An advanced event selector needs a field selector of eventCategory.")}
		}
	}
	t.basic, t.advanced, t.view.HasCustomEventSelectors = basic, advanced, aws.Bool(true)
	return &cloudtrail.PutEventSelectorsOutput{TrailARN: t.view.TrailARN, EventSelectors: copied(basic), AdvancedEventSelectors: copied(advanced)}, nil
}

func selectsCategory(a cttypes.AdvancedEventSelector) bool {
	for _, f := range a.FieldSelectors {
		if aws.ToString(f.Field) == "eventCategory" && len(f.Equals) == 1 {
			return true
		}
	}
	return false
}
