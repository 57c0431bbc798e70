# What a batch in Ruby does: two calls that work, one for what is not there, one with a HEAD request, which has no body.
require "aws-sdk-s3"

bucket = ENV.fetch("BUCKET")
s3 = Aws::S3::Client.new(force_path_style: true)
s3.list_objects_v2(bucket: bucket).contents.each do |one|
  s3.get_object(bucket: bucket, key: one.key)
  puts one.key
end
[-> { s3.get_object(bucket: bucket, key: "none") }, -> { s3.head_object(bucket: bucket, key: "none") }].each do |call|
  call.call
rescue Aws::S3::Errors::ServiceError => e
  puts e.class.name
end
