//! CloudFormation's request, as in its
//! [custom resource reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html).

use serde_json::Value;

/// A request. A member that is missing, or is no text, is empty: the function must answer a malformed request
/// too, because the deployment waits for an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Request<'a> {
    /// `Create`, `Update` or `Delete`
    pub(crate) request_type: &'a str,
    /// The presigned URL for the answer.
    pub(crate) response_url: &'a str,
    pub(crate) stack_id: &'a str,
    pub(crate) request_id: &'a str,
    /// The resource's name in the template.
    pub(crate) logical_resource_id: &'a str,
    /// The name that this function gave to the resource when it created it.
    pub(crate) physical_resource_id: &'a str,
    /// The property `KeyArn`.
    pub(crate) key_arn: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) fn read(request: &'a Value) -> Self {
        let text = |pointer| request.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        Self {
            request_type: text("/RequestType"),
            response_url: text("/ResponseURL"),
            stack_id: text("/StackId"),
            request_id: text("/RequestId"),
            logical_resource_id: text("/LogicalResourceId"),
            physical_resource_id: text("/PhysicalResourceId"),
            key_arn: text("/ResourceProperties/KeyArn"),
        }
    }

    /// The name of the resource. If it was never created, its name in the template: CloudFormation requires a
    /// name in a failure too, and later deletes the resource by that name.
    pub(crate) fn name(&self) -> &'a str {
        if self.physical_resource_id.is_empty() {
            self.logical_resource_id
        } else {
            self.physical_resource_id
        }
    }
}
