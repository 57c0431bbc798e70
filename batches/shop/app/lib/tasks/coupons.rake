require "csv"

namespace :coupons do
  desc "Expire the coupons whose last day is over"
  task expire: :environment do
    coupons = CSV.read(Rails.root.join("data/coupons.csv"), headers: true)
    expired = coupons.select { |coupon| Date.parse(coupon["last_day"]) < Date.current }
    expired.each { |coupon| puts "expired #{coupon['code']}" }
    puts "#{expired.size} of #{coupons.size} coupons expired"
  end
end
