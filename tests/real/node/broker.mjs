// As much of a broker of MQTT 5 as a publisher needs: takes connections, prints what is published, acknowledges it.
// A topic that ends in a number is acknowledged with that reason code.
import { createServer } from "node:net";
import mqtt from "mqtt-packet";

const server = createServer((socket) => {
  const parser = mqtt.parser({ protocolVersion: 5 });
  const answer = (packet) => socket.write(mqtt.generate(packet, { protocolVersion: 5 }));
  parser.on("packet", (packet) => {
    if (packet.cmd === "connect") {
      answer({ cmd: "connack", sessionPresent: false, reasonCode: 0 });
      console.log(JSON.stringify({ connected: packet.protocolVersion, username: packet.username ?? null }));
    } else if (packet.cmd === "publish") {
      const { topic, qos, retain, properties } = packet;
      console.log(JSON.stringify({ topic, qos, retain, properties, payload: packet.payload.toString("utf8") }));
      answer({ cmd: "puback", messageId: packet.messageId, reasonCode: Number(topic.split("/").at(-1)) || 0 });
    } else if (packet.cmd === "disconnect") {
      console.log(JSON.stringify({ disconnected: packet.reasonCode }));
      socket.end();
    }
  });
  socket.on("data", (data) => parser.parse(data));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
