package twin

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	cftypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
)

// configState is what AWS Config has in one region of one account: one recorder and one delivery channel at most. Recorders that are
// linked to a service are not known here.
type configState struct {
	recorder *cftypes.ConfigurationRecorder
	status   cftypes.ConfigurationRecorderStatus
	channel  *cftypes.DeliveryChannel
}

func configHandlers(t table) {
	const service = "Config Service"
	on(t, service, "PutConfigurationRecorder", putRecorder)
	on(t, service, "DescribeConfigurationRecorders", describeRecorders)
	on(t, service, "DescribeConfigurationRecorderStatus", describeRecorderStatus)
	on(t, service, "StartConfigurationRecorder", startRecorder)
	on(t, service, "StopConfigurationRecorder", stopRecorder)
	on(t, service, "DeleteConfigurationRecorder", deleteRecorder)
	on(t, service, "PutDeliveryChannel", putDeliveryChannel)
	on(t, service, "DescribeDeliveryChannels", describeDeliveryChannels)
	on(t, service, "DeleteDeliveryChannel", deleteDeliveryChannel)
}

func noRecorder(name string) error {
	return &cftypes.NoSuchConfigurationRecorderException{Message: aws.String(fmt.Sprintf("Cannot find configuration recorder with the specified name '%s'.", name))}
}

func (s *configState) named(name *string) error {
	if s.recorder == nil || *s.recorder.Name != aws.ToString(name) {
		return noRecorder(aws.ToString(name))
	}
	return nil
}

func putRecorder(r *request, in *configservice.PutConfigurationRecorderInput) (*configservice.PutConfigurationRecorderOutput, error) {
	s, c := &r.reg.config, copied(*in.ConfigurationRecorder)
	if c.Name == nil {
		c.Name = aws.String("default")
	}
	if s.recorder != nil && *s.recorder.Name != *c.Name {
		return nil, &cftypes.MaxNumberOfConfigurationRecordersExceededException{Message: aws.String(fmt.Sprintf("Failed to put configuration recorder '%s' because the maximum number of configuration recorders: 1 is reached.", *c.Name))}
	}
	if !roleARN.MatchString(aws.ToString(c.RoleARN)) {
		return nil, &cftypes.InvalidRoleException{Message: aws.String("You must provide a role ARN.")}
	}
	s.recorder, s.status.Name = &c, c.Name
	return &configservice.PutConfigurationRecorderOutput{}, nil
}

func describeRecorders(r *request, in *configservice.DescribeConfigurationRecordersInput) (*configservice.DescribeConfigurationRecordersOutput, error) {
	s, out := &r.reg.config, &configservice.DescribeConfigurationRecordersOutput{ConfigurationRecorders: []cftypes.ConfigurationRecorder{}}
	for _, name := range in.ConfigurationRecorderNames {
		if err := s.named(&name); err != nil {
			return nil, err
		}
	}
	if s.recorder != nil {
		out.ConfigurationRecorders = append(out.ConfigurationRecorders, copied(*s.recorder))
	}
	return out, nil
}

func describeRecorderStatus(r *request, in *configservice.DescribeConfigurationRecorderStatusInput) (*configservice.DescribeConfigurationRecorderStatusOutput, error) {
	s, out := &r.reg.config, &configservice.DescribeConfigurationRecorderStatusOutput{ConfigurationRecordersStatus: []cftypes.ConfigurationRecorderStatus{}}
	for _, name := range in.ConfigurationRecorderNames {
		if err := s.named(&name); err != nil {
			return nil, err
		}
	}
	if s.recorder != nil {
		out.ConfigurationRecordersStatus = append(out.ConfigurationRecordersStatus, copied(s.status))
	}
	return out, nil
}

func startRecorder(r *request, in *configservice.StartConfigurationRecorderInput) (*configservice.StartConfigurationRecorderOutput, error) {
	s := &r.reg.config
	if err := s.named(in.ConfigurationRecorderName); err != nil {
		return nil, err
	}
	if s.channel == nil {
		return nil, &cftypes.NoAvailableDeliveryChannelException{Message: aws.String("Delivery channel is not available to start configuration recorder.")}
	}
	s.status.Recording, s.status.LastStartTime, s.status.LastStatus = true, aws.Time(r.now), cftypes.RecorderStatusPending
	return &configservice.StartConfigurationRecorderOutput{}, nil
}

func stopRecorder(r *request, in *configservice.StopConfigurationRecorderInput) (*configservice.StopConfigurationRecorderOutput, error) {
	s := &r.reg.config
	if err := s.named(in.ConfigurationRecorderName); err != nil {
		return nil, err
	}
	s.status.Recording, s.status.LastStopTime = false, aws.Time(r.now)
	return &configservice.StopConfigurationRecorderOutput{}, nil
}

func deleteRecorder(r *request, in *configservice.DeleteConfigurationRecorderInput) (*configservice.DeleteConfigurationRecorderOutput, error) {
	s := &r.reg.config
	if err := s.named(in.ConfigurationRecorderName); err != nil {
		return nil, err
	}
	s.recorder, s.status = nil, cftypes.ConfigurationRecorderStatus{}
	return &configservice.DeleteConfigurationRecorderOutput{}, nil
}

func putDeliveryChannel(r *request, in *configservice.PutDeliveryChannelInput) (*configservice.PutDeliveryChannelOutput, error) {
	s, c := &r.reg.config, copied(*in.DeliveryChannel)
	if s.recorder == nil {
		return nil, &cftypes.NoAvailableConfigurationRecorderException{Message: aws.String("Configuration recorder is not available to put delivery channel.")}
	}
	if _, ok := r.org.s3.buckets[aws.ToString(c.S3BucketName)]; !ok {
		return nil, &cftypes.NoSuchBucketException{Message: aws.String(fmt.Sprintf("Cannot find a S3 bucket with the specified bucket name '%s'.", aws.ToString(c.S3BucketName)))}
	}
	if s.channel != nil && aws.ToString(s.channel.Name) != aws.ToString(c.Name) {
		return nil, &cftypes.MaxNumberOfDeliveryChannelsExceededException{Message: aws.String("Failed to put delivery channel because the maximum number of delivery channels: 1 is reached.")}
	}
	s.channel = &c
	return &configservice.PutDeliveryChannelOutput{}, nil
}

func describeDeliveryChannels(r *request, _ *configservice.DescribeDeliveryChannelsInput) (*configservice.DescribeDeliveryChannelsOutput, error) {
	out := &configservice.DescribeDeliveryChannelsOutput{DeliveryChannels: []cftypes.DeliveryChannel{}}
	if c := r.reg.config.channel; c != nil {
		out.DeliveryChannels = append(out.DeliveryChannels, copied(*c))
	}
	return out, nil
}

func deleteDeliveryChannel(r *request, in *configservice.DeleteDeliveryChannelInput) (*configservice.DeleteDeliveryChannelOutput, error) {
	s := &r.reg.config
	if s.channel == nil || aws.ToString(s.channel.Name) != *in.DeliveryChannelName {
		return nil, &cftypes.NoSuchDeliveryChannelException{Message: aws.String(fmt.Sprintf("Cannot find delivery channel with specified name '%s'.", *in.DeliveryChannelName))}
	}
	if s.status.Recording {
		return nil, &cftypes.LastDeliveryChannelDeleteFailedException{Message: aws.String(fmt.Sprintf("Failed to delete last specified delivery channel with name '%s', because there is a running configuration recorder.", *in.DeliveryChannelName))}
	}
	s.channel = nil
	return &configservice.DeleteDeliveryChannelOutput{}, nil
}
