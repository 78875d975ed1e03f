package twin

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ssmDefaults are the service settings of Systems Manager that the twin knows, with what they are where nobody set them. Source: SettingId of
// GetServiceSetting, Systems Manager API Reference.
func ssmDefaults() map[string]string {
	return map[string]string{"/ssm/documents/console/public-sharing-permission": "Enable"}
}

func ssmSettingHandlers(t table) {
	on(t, "SSM", "GetServiceSetting", getServiceSetting)
	on(t, "SSM", "UpdateServiceSetting", updateServiceSetting)
	on(t, "SSM", "ResetServiceSetting", resetServiceSetting)
}

// ssmSetting finds a setting as it is.
func (r *request) ssmSetting(id *string) (*ssmtypes.ServiceSetting, error) {
	usual, ok := ssmDefaults()[aws.ToString(id)]
	if !ok {
		return nil, &ssmtypes.ServiceSettingNotFound{Message: aws.String("Setting " + aws.ToString(id) + " not found.")}
	}
	set, status := r.reg.ssmSettings[*id], "Customized"
	if set == "" {
		status = "Default"
	}
	return &ssmtypes.ServiceSetting{
		SettingId: aws.String(*id), SettingValue: aws.String(cmp.Or(set, usual)), Status: aws.String(status),
		ARN: aws.String("arn:aws:ssm:" + r.region + ":" + r.acct.id + ":servicesetting" + *id),
	}, nil
}

func getServiceSetting(r *request, in *ssm.GetServiceSettingInput) (*ssm.GetServiceSettingOutput, error) {
	s, err := r.ssmSetting(in.SettingId)
	return &ssm.GetServiceSettingOutput{ServiceSetting: s}, err
}

func updateServiceSetting(r *request, in *ssm.UpdateServiceSettingInput) (*ssm.UpdateServiceSettingOutput, error) {
	if _, err := r.ssmSetting(in.SettingId); err != nil {
		return nil, err
	}
	if v := *in.SettingValue; v != "Enable" && v != "Disable" {
		return nil, reject("ValidationException", "%s is not a value of %s", v, *in.SettingId)
	}
	if r.reg.ssmSettings == nil {
		r.reg.ssmSettings = map[string]string{}
	}
	r.reg.ssmSettings[*in.SettingId] = *in.SettingValue
	return &ssm.UpdateServiceSettingOutput{}, nil
}

func resetServiceSetting(r *request, in *ssm.ResetServiceSettingInput) (*ssm.ResetServiceSettingOutput, error) {
	if _, err := r.ssmSetting(in.SettingId); err != nil {
		return nil, err
	}
	delete(r.reg.ssmSettings, *in.SettingId)
	s, err := r.ssmSetting(in.SettingId)
	return &ssm.ResetServiceSettingOutput{ServiceSetting: s}, err
}
