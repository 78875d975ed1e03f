package twin

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// updateAutoScalingGroup changes how a group checks its instances, and keeps what is not named.
func updateAutoScalingGroup(r *request, in *autoscaling.UpdateAutoScalingGroupInput) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	name := aws.ToString(in.AutoScalingGroupName)
	g, ok := r.reg.autoscaling.groups.byID[name]
	if !ok {
		return nil, validation("AutoScalingGroup name not found - AutoScalingGroup '%s' not found", name)
	}
	if in.MinSize != nil || in.MaxSize != nil || in.DesiredCapacity != nil || in.VPCZoneIdentifier != nil || in.LaunchTemplate != nil || in.MixedInstancesPolicy != nil || in.LaunchConfigurationName != nil {
		return nil, reject("NotImplemented", "the twin updates a group's health check alone")
	}
	if in.HealthCheckType != nil {
		if *in.HealthCheckType != "EC2" && *in.HealthCheckType != "ELB" {
			return nil, validation("Invalid HealthCheckType(s) specified")
		}
		g.health = *in.HealthCheckType
	}
	if in.HealthCheckGracePeriod != nil {
		g.grace = *in.HealthCheckGracePeriod
	}
	return &autoscaling.UpdateAutoScalingGroupOutput{}, nil
}
